// The plane of two latents: dots of held-out images, and a point that one moves.

export const COLOURS = ["#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2", "#7f7f7f", "#bcbd22", "#17becf"];
const TILES = 15;

export class Plane {
  constructor(canvas, onMove) {
    this.canvas = canvas;
    this.onMove = onMove;
    this.reset(1);
    const drag = (event) => { if (event.buttons & 1) this.moveTo(event); };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); canvas.focus(); this.moveTo(event); });
    canvas.addEventListener("pointermove", drag);
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  reset(deviation) {
    this.deviation = deviation;
    this.reach = 3 * deviation;
    this.dots = { points: [], labels: [] };
    this.tiles = null;
    this.z = [0, 0];
  }

  setDots(dots) {
    this.dots = dots;
    const sizes = dots.points.flat().map(Math.abs).sort((a, b) => a - b);
    if (sizes.length) this.reach = Math.max(this.reach, 1.05 * sizes[Math.floor(0.99 * (sizes.length - 1))]);
    this.draw();
  }

  // Where the tiles of the decoded plane lie, row by row from the top.
  tileCentres() {
    const at = (k) => ((k + 0.5) / TILES * 2 - 1) * this.reach;
    return Array.from({ length: TILES * TILES }, (_, k) => [at(k % TILES), -at(Math.floor(k / TILES))]);
  }

  toPixels([x, y]) {
    const side = this.canvas.width;
    return [(x / this.reach + 1) / 2 * side, (1 - y / this.reach) / 2 * side];
  }

  moveTo(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width * 2 - 1) * this.reach;
    const y = (1 - (event.clientY - box.top) / box.height * 2) * this.reach;
    this.place([x, y]);
  }

  key(event) {
    const step = this.reach / 60 * (event.shiftKey ? 5 : 1);
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (!move) return;
    event.preventDefault();
    this.place([this.z[0] + move[0], this.z[1] + move[1]]);
  }

  place([x, y]) {
    const clip = (v) => Math.max(-this.reach, Math.min(this.reach, v));
    this.z = [clip(x), clip(y)];
    this.draw();
    this.onMove([...this.z]);
  }

  draw() {
    const side = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!side) return;
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const pen = this.canvas.getContext("2d"), scale = devicePixelRatio;
    pen.clearRect(0, 0, side, side);
    if (this.tiles) this.drawTiles(pen, side);
    const [cx, cy] = this.toPixels([0, 0]);
    pen.strokeStyle = "#c4ccd4";
    pen.lineWidth = scale;
    pen.strokeRect(0, cy, side, 0);
    pen.strokeRect(cx, 0, 0, side);
    pen.globalAlpha = 0.75;
    this.dots.points.forEach((point, i) => {
      pen.fillStyle = COLOURS[this.dots.labels[i] % COLOURS.length];
      pen.beginPath();
      pen.arc(...this.toPixels(point), 3 * scale, 0, 7);
      pen.fill();
    });
    pen.globalAlpha = 1;
    pen.font = `${12 * scale}px system-ui, sans-serif`;
    const end = this.reach.toFixed(1);
    pen.textAlign = "center";
    for (const [text, edge] of [[`-${end}`, 0], [end, 1]]) { // on white of their own: tiles may lie behind
      const width = pen.measureText(text).width + 8 * scale, left = edge * (side - width);
      pen.fillStyle = "#ffffff";
      pen.fillRect(left, cy - 19 * scale, width, 18 * scale);
      pen.fillStyle = "#3f4a55";
      pen.fillText(text, left + width / 2, cy - 5 * scale);
    }
    this.drawPoint(pen, scale);
  }

  drawTiles(pen, side) {
    const width = this.tiles.width / (TILES * TILES), height = this.tiles.height, tile = side / TILES;
    pen.imageSmoothingEnabled = false;
    for (let k = 0; k < TILES * TILES; k++) {
      pen.drawImage(this.tiles, k * width, 0, width, height, (k % TILES) * tile, Math.floor(k / TILES) * tile, tile, tile);
    }
  }

  drawPoint(pen, scale) {
    const [x, y] = this.toPixels(this.z);
    for (const [colour, width] of [["#ffffff", 5], ["#111111", 2.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width * scale;
      pen.beginPath();
      pen.arc(x, y, 9 * scale, 0, 7);
      pen.moveTo(x - 14 * scale, y);
      pen.lineTo(x + 14 * scale, y);
      pen.moveTo(x, y - 14 * scale);
      pen.lineTo(x, y + 14 * scale);
      pen.stroke();
    }
  }
}
