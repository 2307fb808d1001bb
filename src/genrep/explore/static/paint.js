// The latents as a grid that one paints.

export class Paint {
  constructor(canvas, hint, onPaint) {
    this.canvas = canvas;
    this.hint = hint;
    this.onPaint = onPaint;
    this.brush = 2;
    this.reset(1, 1);
    const drag = (event) => { if (event.buttons & 1) this.paintAt(event); };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); canvas.focus(); this.paintAt(event); });
    canvas.addEventListener("pointermove", drag);
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("focus", () => this.draw());
    canvas.addEventListener("blur", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  reset(count, deviation) {
    this.deviation = deviation;
    this.z = new Array(count).fill(0);
    this.side = Math.ceil(Math.sqrt(count));
    this.cursor = 0;
  }

  set(z) {
    this.z = [...z];
    this.draw();
  }

  paintAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / box.width * this.side);
    const row = Math.floor((event.clientY - box.top) / box.height * this.side);
    const cell = row * this.side + column;
    if (column < 0 || column >= this.side || cell < 0 || cell >= this.z.length) return;
    this.cursor = cell;
    this.change(this.brush * this.deviation);
  }

  key(event) {
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -this.side, ArrowDown: this.side }[event.key];
    const step = { "+": 0.25, "-": -0.25 }[event.key];
    if (move) {
      const next = this.cursor + move;
      if (next >= 0 && next < this.z.length) this.cursor = next;
      this.draw();
    } else if (event.key === " ") {
      this.change(this.brush * this.deviation);
    } else if (step) {
      this.change(this.z[this.cursor] + step * this.deviation);
    } else {
      return;
    }
    event.preventDefault();
  }

  change(value) {
    this.z[this.cursor] = value;
    this.draw();
    this.onPaint([...this.z]);
  }

  draw() {
    const size = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (!size) return;
    if (this.canvas.width !== size) this.canvas.width = this.canvas.height = size;
    const pen = this.canvas.getContext("2d"), cell = size / this.side;
    pen.clearRect(0, 0, size, size);
    this.z.forEach((value, i) => {
      pen.fillStyle = colour(value / this.deviation / 3);
      pen.fillRect((i % this.side) * cell, Math.floor(i / this.side) * cell, cell - 1, cell - 1);
    });
    if (document.activeElement === this.canvas) {
      pen.strokeStyle = "#111111";
      pen.lineWidth = 2 * devicePixelRatio;
      pen.strokeRect((this.cursor % this.side) * cell, Math.floor(this.cursor / this.side) * cell, cell, cell);
    }
    this.hint.textContent = `input ${this.cursor + 1} of ${this.z.length}: ${this.z[this.cursor].toFixed(2)}`;
  }
}

// -1 blue, 0 white, 1 orange
function colour(share) {
  const t = Math.min(1, Math.abs(share)), end = share < 0 ? [0, 114, 178] : [213, 94, 0];
  return `rgb(${end.map((c) => Math.round(255 + (c - 255) * t)).join(" ")})`;
}
