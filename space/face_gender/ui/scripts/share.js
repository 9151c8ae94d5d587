// A click on one button has the picture drawn as the boxes beside it say; on another copies it.
const copied = async picture => {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  canvas.getContext('2d').drawImage(picture, 0, 0);
  const content = new Promise(done => canvas.toBlob(done));
  await navigator.clipboard.write([new ClipboardItem({'image/png': content})]);
};
const on = part => element.querySelector(part + ':checked') !== null;
element.addEventListener('click', event => {
  if (event.target.closest('[data-draw]'))
    tell({numbers: on('[value=numbers]'), blur: on('[name=blur]')});
  const copy = event.target.closest('[data-copy]');
  if (!copy) return;
  const refused = window.isSecureContext ? 'The browser refuses' : 'Copying needs https';
  copied(element.querySelector('.share img'))
    .then(() => { copy.textContent = 'Copied'; }, () => { copy.textContent = refused; });
});
