// Prints what ag-psd finds in a PSD as JSON; pixels are base64 of straight RGBA rows. Fails on anything it does not know.
// Usage: node read_psd.cjs FOLDER_WITH_AG_PSD FILE
const fs = require('fs');
const path = require('path');
const { readPsd, initializeCanvas } = require(path.join(process.argv[2], 'node_modules', 'ag-psd'));

initializeCanvas(
  () => { throw new Error('no canvas here'); },
  (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height * 4) }),
);

const warnings = [];
const psd = readPsd(fs.readFileSync(process.argv[3]), {
  useImageData: true,
  skipThumbnail: true,
  throwForMissingFeatures: true,
  logMissingFeatures: true,
  log: (...words) => warnings.push(words.join(' ')),
});

function plain(key, value) {
  if (key === 'imageData') return { width: value.width, height: value.height, base64: Buffer.from(value.data.buffer).toString('base64') };
  return ArrayBuffer.isView(value) ? `${value.length} bytes` : value;
}

process.stdout.write(JSON.stringify({ psd, warnings }, plain));
