// Opens the camera; says why where it cannot. Whoever opens it gives `ended`, which hears of the end.
const said = JSON.parse(element.querySelector('[data-said]').dataset.said);
const status = element.querySelector('[role=status]');
const video = element.querySelector('video');
let stream = null, asked = 0;
const close = (why = '') => {
  asked += 1;
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = video.srcObject = null;
  status.textContent = why;
  element.firstElementChild.classList.remove('on');
};
const open = async () => {
  close(said.asking);
  const mine = asked;
  if (!navigator.mediaDevices) return close(isSecureContext ? said.none : said.http);
  try {
    const found = await navigator.mediaDevices
      .getUserMedia({video: {width: {ideal: 640}, height: {ideal: 480}}});
    if (mine !== asked) return found.getTracks().forEach(track => track.stop());
    stream = found;
  } catch (error) {
    return mine === asked && close(said[error.name] ?? said.other);
  }
  stream.getVideoTracks()[0].addEventListener('ended', () => mine === asked && close(said.lost));
  video.srcObject = stream;
  await video.play().catch(() => {});  // it was closed meanwhile
  if (mine !== asked) return;
  status.textContent = '';
  element.firstElementChild.classList.add('on');
};
const shot = () => {
  const canvas = Object.assign(document.createElement('canvas'),
    {width: video.videoWidth, height: video.videoHeight});
  canvas.getContext('2d').drawImage(video, 0, 0);
  return canvas;
};
new IntersectionObserver(() => { if (stream && !element.checkVisibility()) close(said.left); })
  .observe(element);
document.addEventListener('visibilitychange', () => { if (stream && document.hidden) close(said.left); });
