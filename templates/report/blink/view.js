/* The picture in the window: whole, or every pixel at the place the person pointed at. */
class View {
  constructor(canvas) {
    this.canvas = canvas;
    this.zoom = null; // { x, y }: the frame's pixel at the window's upper left corner
    this.pointer = null; // in the window's pixels
  }

  fit() {
    const scale = window.devicePixelRatio || 1;
    const width = Math.round(this.canvas.clientWidth * scale), height = Math.round(this.canvas.clientHeight * scale);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
  }

  point(event) {
    const scale = window.devicePixelRatio || 1;
    this.pointer = { x: event.clientX * scale, y: event.clientY * scale };
  }

  /* Where a whole frame lies in the window. */
  whole(frame) {
    const { width, height } = this.canvas;
    const scale = Math.min(width / frame.width, height / frame.height);
    return { scale, x: (width - frame.width * scale) / 2, y: (height - frame.height * scale) / 2 };
  }

  toggle(frame) {
    if (this.zoom) return void (this.zoom = null);
    const at = this.pointer || { x: this.canvas.width / 2, y: this.canvas.height / 2 };
    const lies = this.whole(frame);
    this.zoom = { x: (at.x - lies.x) / lies.scale - at.x, y: (at.y - lies.y) / lies.scale - at.y };
    this.hold(frame);
  }

  move(frame, dx, dy) {
    this.zoom = { x: this.zoom.x - dx, y: this.zoom.y - dy };
    this.hold(frame);
  }

  /* Keep the frame in the window: centred where it is smaller. */
  hold(frame) {
    const along = (start, window, length) =>
      Math.round(length <= window ? (length - window) / 2 : Math.max(0, Math.min(length - window, start)));
    this.zoom.x = along(this.zoom.x, this.canvas.width, frame.width);
    this.zoom.y = along(this.zoom.y, this.canvas.height, frame.height);
  }

  /* The part of a frame that is seen 1:1; null while the whole is shown. */
  crop(frame) {
    if (!this.zoom) return null;
    const x = Math.max(0, this.zoom.x), y = Math.max(0, this.zoom.y);
    const width = Math.min(this.canvas.width, frame.width - x), height = Math.min(this.canvas.height, frame.height - y);
    return width > 0 && height > 0 ? { x, y, width, height } : null;
  }

  clear() {
    const pen = this.canvas.getContext("2d");
    pen.fillStyle = "#000";
    pen.fillRect(0, 0, this.canvas.width, this.canvas.height);
    return pen;
  }

  /* True when something of the frame could be shown. */
  draw(frame, pictures) {
    const crop = this.crop(frame);
    const part = crop && job(frame, crop).crop ? pictures.get(frame, crop) : null;
    const preview = pictures.get(frame, null);
    if (!part && !preview) return false;
    const pen = this.clear();
    if (part) {
      for (const { bitmap, x, y } of part.parts) pen.drawImage(bitmap, crop.x - this.zoom.x + x, crop.y - this.zoom.y + y);
    } else if (this.zoom) {
      pen.imageSmoothingEnabled = frame.full !== frame.preview;
      pen.drawImage(preview.parts[0].bitmap, -this.zoom.x, -this.zoom.y, frame.width, frame.height);
    } else {
      const lies = this.whole(frame);
      pen.imageSmoothingEnabled = true;
      pen.imageSmoothingQuality = "medium";
      pen.drawImage(preview.parts[0].bitmap, lies.x, lies.y, frame.width * lies.scale, frame.height * lies.scale);
    }
    return true;
  }
}
