/* Pictures decoded ahead of the eye: some tens around the frame that is shown, those left behind are let go. */
class Pictures {
  constructor(onReady) {
    this.onReady = onReady;
    this.held = new Map(); // key to { picture } or { failed }
    this.loading = new Set();
    this.wanted = [];
    this.urgent = []; // what is looked at: nothing else is begun before it is there
    const small = (navigator.deviceMemory || 8) <= 4 || Math.min(screen.width, screen.height) < 600;
    this.pixels = small ? 24e6 : 64e6; // four bytes each
  }

  /* Say which frames are near the eye, the nearest first. `crop`: the part that is looked at 1:1, or null. */
  want(frames, at, direction, crop) {
    const one = frames[at];
    const each = crop ? crop.width * crop.height : previewPixels(one);
    const room = Math.max(6, Math.min(48, Math.floor(this.pixels / Math.max(each, 1))));
    this.wanted = around(frames, at, direction, room).map((frame) => job(frame, crop));
    if (crop) this.wanted.unshift(job(one, null)); // something to show until every pixel is there
    this.urgent = this.wanted.slice(0, crop ? 2 : 1);
    const keys = new Set(this.wanted.map((each) => each.key));
    for (const [key, found] of this.held) {
      if (keys.has(key)) continue;
      if (found.picture) found.picture.close();
      this.held.delete(key);
    }
    this.next();
  }

  get(frame, crop) {
    const found = this.held.get(job(frame, crop).key);
    return found ? found.picture : null;
  }

  isSettled(frame, crop) {
    const each = job(frame, crop);
    return !each.parts.length || this.held.has(each.key);
  }

  next() {
    const looked = this.urgent.every((each) => !each.parts.length || this.held.has(each.key));
    for (const each of looked ? this.wanted : this.urgent) {
      if (this.loading.size >= (each.crop ? 1 : 4)) return; // large tiles one by one, so that keys are heard between
      if (each.parts.length && !this.held.has(each.key) && !this.loading.has(each.key)) this.load(each);
    }
  }

  async load(each) {
    this.loading.add(each.key);
    let found = { failed: true };
    try {
      found = { picture: await decode(each) };
    } catch {
      found = { failed: true };
    }
    this.loading.delete(each.key);
    if (this.wanted.some((other) => other.key === each.key)) this.held.set(each.key, found);
    else if (found.picture) found.picture.close();
    this.onReady(each.frame);
    this.next();
  }
}

/* The parts of a picture, each with its place in the whole: one preview, or the tiles under the crop. */
async function decode(each) {
  const parts = [];
  for (const { url, cut, x, y } of each.parts) {
    const image = new Image();
    image.src = url;
    await image.decode();
    const bitmap = await (cut ? createImageBitmap(image, cut.x, cut.y, cut.width, cut.height) : createImageBitmap(image));
    parts.push({ bitmap, x, y });
  }
  return { parts, close: () => parts.forEach((part) => part.bitmap.close()) };
}

/* What is to be loaded: the preview, or where it has not every pixel, the part of the full picture. */
function job(frame, crop) {
  const part = crop && frame.tile ? crop : null;
  const where = part ? `${part.x},${part.y},${part.width},${part.height}` : "";
  const parts = part ? tilesUnder(frame, part) : frame.preview ? [{ url: frame.preview, x: 0, y: 0 }] : [];
  return { frame, crop: part, parts, key: `${frame.key}|${where}` };
}

function tilesUnder(frame, crop) {
  const side = frame.tile, found = [];
  for (let row = Math.floor(crop.y / side); row * side < crop.y + crop.height; row++) {
    for (let column = Math.floor(crop.x / side); column * side < crop.x + crop.width; column++) {
      const x = Math.max(crop.x, column * side), y = Math.max(crop.y, row * side);
      const right = Math.min(crop.x + crop.width, (column + 1) * side), low = Math.min(crop.y + crop.height, (row + 1) * side);
      const cut = { x: x - column * side, y: y - row * side, width: right - x, height: low - y };
      found.push({ url: `${frame.full}${row}-${column}.jpg`, cut, x: x - crop.x, y: y - crop.y });
    }
  }
  return found;
}

function previewPixels(frame) {
  const shrunk = frame.full === frame.preview ? 1 : Math.max(1, Math.max(frame.width, frame.height) / 1600);
  return (frame.width * frame.height) / shrunk / shrunk;
}

/* The frame itself, then two ahead for each one behind; playing goes round, so this does too. */
function around(frames, at, direction, room) {
  const count = Math.min(room, frames.length);
  const found = [frames[at]];
  for (let step = 1; found.length < count; step++) {
    const offset = step % 3 === 0 ? -Math.ceil(step / 3) : step - Math.floor(step / 3);
    const frame = frames[(((at + offset * direction) % frames.length) + frames.length) % frames.length];
    if (!found.includes(frame)) found.push(frame);
  }
  return found;
}
