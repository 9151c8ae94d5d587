// Files with their paths -> a zip that holds them as they are: groups and classes are folders' names.
const CRC = Uint32Array.from({length: 256}, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});
const crcOf = bytes => {
  let crc = -1;
  for (const byte of bytes) crc = CRC[(crc ^ byte) & 255] ^ (crc >>> 8);
  return ~crc;
};
const packed = (...fields) => {  // pairs of a size in bytes and a number, little-endian
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, number] of fields) {
    if (size === 2) view.setUint16(at, number, true);
    else view.setUint32(at, number, true);
    at += size;
  }
  return view;
};
const toZip = async (name, found) => {
  const files = [], directory = [];
  let start = 0, listed = 0;
  for (const {file, path} of found) {
    const title = new TextEncoder().encode(path);
    const crc = crcOf(new Uint8Array(await file.arrayBuffer()));
    const [utf8, year1980] = [0x800, 0x21];
    const about = [[2, 20], [2, utf8], [2, 0], [2, 0], [2, year1980], [4, crc], [4, file.size],
      [4, file.size], [2, title.length], [2, 0]];
    files.push(packed([4, 0x04034b50], ...about), title, file);
    const rest = [[2, 0], [2, 0], [2, 0], [4, 0], [4, start]];
    directory.push(packed([4, 0x02014b50], [2, 20], ...about, ...rest), title);
    start += 30 + title.length + file.size;
    listed += 46 + title.length;
  }
  const count = found.length;
  const end = packed([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, listed],
    [4, start], [2, 0]);
  return new File([...files, ...directory, end], name, {type: 'application/zip'});
};
