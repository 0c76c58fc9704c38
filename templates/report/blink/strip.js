/* The strip along the bottom: one or two curves over the set, what was rejected or is suspect, and where we are. */
function drawStrip(canvas, set, order, at, isRejected) {
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (!width || !order.length) return;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const pen = canvas.getContext("2d");
  const colour = (name) => getComputedStyle(document.body).getPropertyValue(name).trim();
  pen.scale(scale, scale);
  pen.font = "11px system-ui, sans-serif";
  const across = (place) => ((place + 0.5) / order.length) * width;
  pen.fillStyle = colour("--line");
  pen.fillRect(across(at) - Math.max(1.5, width / order.length / 2), 0, Math.max(3, width / order.length), height);
  const lane = height / Math.max(set.curves.length, 1);
  const labels = set.curves.map((curve, number) =>
    drawCurve(pen, curve, order.map((frame) => frame.curve[number] ?? null), across, number * lane, lane,
      colour(number ? "--curve2" : "--curve")));
  order.forEach((frame, place) => {
    const sign = isRejected(frame) ? "✕" : frame.suspect ? "▲" : "";
    if (!sign) return;
    pen.fillStyle = colour(sign === "✕" ? "--bad" : "--doubt");
    pen.textAlign = "center";
    pen.fillText(sign, across(place), height - 3);
  });
  pen.fillStyle = colour("--ink");
  pen.fillRect(across(at) - 1, 0, 2, height);
  labels.filter(Boolean).forEach((label) => drawLabel(pen, label, colour("--ground"), colour("--ink")));
}

/* What a curve shows, last of all and on a ground of its own: neither curve nor mark runs through it. */
function drawLabel(pen, label, ground, ink) {
  pen.textAlign = "left";
  pen.fillStyle = ground;
  pen.fillRect(0, label.top, pen.measureText(label.text).width + 6, 14);
  pen.fillStyle = ink;
  pen.fillText(label.text, 3, label.top + 11);
}

function drawCurve(pen, curve, values, across, top, lane, colour) {
  const known = values.filter((value) => value !== null);
  if (!known.length) return null;
  const low = known.reduce((a, b) => Math.min(a, b)), high = known.reduce((a, b) => Math.max(a, b));
  const up = (value) => top + lane - 12 - (high > low ? (value - low) / (high - low) : 0.5) * (lane - 30);
  pen.strokeStyle = pen.fillStyle = colour;
  pen.lineWidth = 1.2;
  pen.beginPath();
  let broken = true;
  values.forEach((value, place) => {
    if (value === null) return void (broken = true);
    if (broken) pen.moveTo(across(place), up(value));
    else pen.lineTo(across(place), up(value));
    broken = false;
  });
  pen.stroke();
  values.forEach((value, place) => {
    if (value !== null) pen.fillRect(across(place) - 1.5, up(value) - 1.5, 3, 3);
  });
  const said = (value) => value.toFixed(curve.digits);
  return { text: `${curve.label} ${said(low)} to ${said(high)} ${curve.unit}`, top };
}

/* Which place of the order lies under a pointer. */
function placeOnStrip(canvas, event, count) {
  const box = canvas.getBoundingClientRect();
  return Math.max(0, Math.min(count - 1, Math.floor(((event.clientX - box.left) / box.width) * count)));
}
