// A photo from the camera, taken to the upload box like any other.
const [opener, taker] = element.querySelectorAll('button');
opener.addEventListener('click', () => { if (stream) close(said.stopped); else open(); });
taker.addEventListener('click', () => shot().toBlob(blob => {
  close();
  const photo = new File([blob], 'camera.jpg', {type: 'image/jpeg'});
  document.dispatchEvent(new CustomEvent('give', {detail: [photo]}));
}, 'image/jpeg', 0.95));
new MutationObserver(() => { opener.textContent = stream ? 'Stop the camera' : 'Use the camera'; })
  .observe(element.firstElementChild, {attributeFilter: ['class']});
