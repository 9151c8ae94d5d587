// Frames go to Python one at a time, each once the answer to the last is here.
const PATIENCE = 10_000;  // ms to wait for an answer that may be lost
const button = element.querySelector('button');
const {seconds, every} = JSON.parse(element.querySelector('[data-said]').dataset.said);
const wait = ms => new Promise(done => setTimeout(done, ms));
const answered = () => new Promise(done => document.addEventListener('live-answer', done, {once: true}));
const send = async mine => {
  while (stream === mine) {
    const pause = wait(1000 * every), answer = Promise.race([answered(), wait(PATIENCE)]);
    trigger('select', {frame: shot().toDataURL('image/jpeg', 0.85)});
    await Promise.all([pause, answer]);
  }
};
button.addEventListener('click', async () => {
  if (stream) return close(said.stopped);
  await open();
  const mine = stream;
  if (!mine) return;
  setTimeout(() => { if (stream === mine) close(said.time); }, 1000 * seconds);
  send(mine);
});
new MutationObserver(() => {
  button.textContent = stream ? 'Stop' : 'Start the camera';
}).observe(element.firstElementChild, {attributeFilter: ['class']});
