// Files that are dropped, pasted or chosen anywhere go to the upload box of the tab that takes them.
const PACKED = 100e6;  // bytes of a zip that is made of a folder
const until = async find => {
  for (let frame = 0; frame < 900; frame++) {
    const found = find();
    if (found) return found;
    await new Promise(requestAnimationFrame);
  }
};
const view = () => [...document.querySelectorAll('[role=tabpanel]')]
  .find(each => each.checkVisibility());
const boxIn = place => place?.querySelector('input[type=file]:not([webkitdirectory])');
// Gradio takes as a photo only what the browser calls one, and browsers do not know every kind, nor
// any in capitals or without a suffix. First, each file is called a photo: photo.py judges.
const asPhoto = file => file.type.startsWith('image/')
  ? file : new File([file], file.name, {type: 'image/unknown'});
const inTransfer = files => {
  const transfer = new DataTransfer();
  for (const file of files) transfer.items.add(file);
  return transfer.files;
};
const tabFor = files => {
  const now = currentTab();
  if (['video', 'folder', 'check'].includes(now)) return now;
  if (files.length > 1 || /\.zip$/i.test(files[0].name)) return 'folder';
  return files[0].type.startsWith('video/') ? 'video' : 'photo';
};
const give = async files => {
  if (!files.length) return;
  const tab = tabFor(files);
  openTab(tab);
  const place = await until(() => currentTab() === tab && view());
  const held = () => place.querySelector('.block:has(.file-preview)');
  held()?.querySelector('button[aria-label="Clear"]').click();
  const box = await until(() => !held() && boxIn(place));
  if (!box) return;
  box.files = inTransfer(box.multiple ? files : files.slice(0, 1));
  box.dispatchEvent(new Event('change', {bubbles: true}));
};
document.addEventListener('give', event => give(event.detail));
document.addEventListener('click', event => {
  if (event.target.type === 'file') event.target.accept = '';
}, true);
document.addEventListener('change', event => {
  const box = event.target;
  if (box.type === 'file' && currentTab() === 'photo')
    box.files = inTransfer([...box.files].map(asPhoto));
}, true);

const listed = async folder => {
  const reader = folder.createReader(), found = [];
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return found;
    found.push(...some);
  }
};
const walked = async (entry, path = '') => {
  const name = path + entry.name;
  if (entry.isDirectory)
    return (await Promise.all((await listed(entry)).map(each => walked(each, name + '/')))).flat();
  return [{path: name, file: await new Promise((done, failed) => entry.file(done, failed))}];
};
const giveFolder = async (name, found) => {
  found = found.filter(({path}) => !/(^|\/)\./.test(path));
  const parts = [[]];
  let size = 0;
  for (const each of found) {
    size += each.file.size;
    if (size > PACKED && currentTab() !== 'check') {
      parts.push([]);
      size = each.file.size;
    }
    parts.at(-1).push(each);
  }
  const zips = [];
  for (const [number, part] of parts.entries())
    zips.push(await toZip(name + (number ? `-${number + 1}` : '') + '.zip', part));
  await give(zips);
};
const hasFiles = transfer => [...transfer?.types ?? []].includes('Files');
const mark = event => {
  if (!hasFiles(event.dataTransfer)) return;
  event.preventDefault();
  element.classList.toggle('dragging', event.type === 'dragover');
};
document.addEventListener('dragover', mark);
document.addEventListener('dragleave', event => event.relatedTarget || mark(event));
document.addEventListener('drop', async event => {
  if (!hasFiles(event.dataTransfer)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  element.classList.remove('dragging');
  event.target.dispatchEvent(new DragEvent('dragleave', {bubbles: true}));  // Gradio's box fades
  const files = [...event.dataTransfer.files];
  const entries = [...event.dataTransfer.items].map(item => item.webkitGetAsEntry?.());
  if (!entries.some(entry => entry?.isDirectory)) return give(files);
  const found = await Promise.all(entries.filter(Boolean).map(entry => walked(entry)));
  await giveFolder(entries.find(entry => entry?.isDirectory).name, found.flat());
}, true);
document.addEventListener('paste', event => {
  const files = [...event.clipboardData?.files ?? []];
  if (!files.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  give(files);
}, true);
document.addEventListener('click', event => {
  if (!event.target.closest('[data-folder]')) return;
  const box = Object.assign(document.createElement('input'), {type: 'file', webkitdirectory: true});
  box.addEventListener('change', () => {
    const found = [...box.files].map(file => ({file, path: file.webkitRelativePath}));
    if (found.length) giveFolder(found[0].path.split('/')[0], found);
  });
  box.click();
});
