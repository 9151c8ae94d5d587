// A button with data-copy copies the text beside it; addresses in snippets are this page's own.
for (const code of element.querySelectorAll('pre'))
  code.textContent = code.textContent
    .replaceAll('SPACE', (location.origin + location.pathname).replace(/\/$/, ''));
const copy = async code => {
  if (navigator.clipboard) return navigator.clipboard.writeText(code.textContent);
  getSelection().selectAllChildren(code);  // over plain http there is no clipboard
  document.execCommand('copy');
};
element.addEventListener('click', async event => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  await copy(button.parentNode.querySelector('pre'));
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = 'Copy'; }, 2000);
});
