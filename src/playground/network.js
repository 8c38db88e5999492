// Draws the network: units as tiles, weights as lines, the gradient as moving dots and as a chart, and the picture of
// the data. Every number comes from the engine.
window.network_view = (engine) => {
  'use strict';
  const { html, svg, text, rgb, mix, css, size_color, short, extent, ticks, log_ticks, log_label, drawing, explain } =
    window.charts;
  const by_id = (id) => document.getElementById(id);
  const most_units = 16;
  const calm = matchMedia('(prefers-reduced-motion: reduce)');

  // Colours as tables of 256 entries, because thousands of cells are painted in every animation frame
  let colors = {};
  function read_colors() {
    const table = (color_of) => Array.from({ length: 256 }, (_, i) => color_of(i / 255).map(Math.round));
    const neutral = rgb('--neutral');
    const [grows, shrinks] = [rgb('--grows'), rgb('--shrinks')];
    colors = {
      signed: table((t) => (t < 0.5 ? mix(shrinks, neutral, t * 2) : mix(neutral, grows, t * 2 - 1))),
      size: table(size_color),
      ink: table((t) => mix(rgb('--paper'), rgb('--pencil'), t)),
      classes: Array.from({ length: 8 }, (_, k) => rgb(`--class-${k}`)),
      panel: rgb('--panel'),
      grows: css(grows),
      shrinks: css(shrinks),
      dead: css(rgb('--dead')),
      alive: css(rgb('--alive')),
      shade: css(rgb('--revived')),
    };
  }
  const shade_of = (table, t) => table[Math.max(0, Math.min(255, Math.round(t * 255)))];

  function put(canvas, width, height, color_at) {
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext('2d');
    const image = context.createImageData(width, height);
    for (let i = 0, at = 0; i < width * height; ++i, at += 4) {
      const c = color_at(i);
      image.data[at] = c[0];
      image.data[at + 1] = c[1];
      image.data[at + 2] = c[2];
      image.data[at + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  // The network
  let run = null; // the run that the page shows: {index, info, data, state}
  let picked = { l: 0, j: 0, row: 0 };
  let tiles = []; // for each layer: the tiles (small pictures) of its units
  let inputs = [];
  let sheet = null; // the canvas with the lines that show the weights
  let on_pick = () => {};
  const is_image = () => run.info.image !== null;
  const shown = (units) => Math.min(units, most_units);

  function place_tiles() {
    const host = by_id('network');
    const layers = run.info.layers;
    const most = Math.max(...layers.map(({ units }) => shown(units)), shown(is_image() ? 1 : layers[0].inputs));
    const width = Math.max(host.clientWidth, 200);
    const gap = 6;
    const tall = innerWidth < 1700 ? 560 : 680;
    const size = Math.max(15, Math.min(40, Math.floor(tall / most) - gap, (width / (layers.length + 1)) * 0.62));
    const height = Math.max(200, most * (size + gap) + 44);
    sheet = html('canvas', { class: 'lines', 'aria-hidden': 'true' });
    host.replaceChildren(sheet);
    host.style.height = `${height}px`;
    const step = width / (layers.length + 1);
    const column = (c, count, make, wide = size) =>
      Array.from({ length: count }, (_, j) => {
        const tile = make(j);
        tile.x = step * (c + 0.5);
        tile.y = 24 + (height - 44) * ((j + 0.5) / count);
        tile.node.style.left = `${tile.x - wide / 2}px`;
        tile.node.style.top = `${tile.y - wide / 2}px`;
        tile.node.style.width = `${wide}px`;
        tile.node.style.height = `${wide}px`;
        host.append(tile.node);
        return tile;
      });
    const name_of = (i) => run.info.columns[i] ?? `x${i + 1}`;
    const input = (i) => {
      const canvas = html('canvas', { class: 'tile input', title: is_image() ? 'the sample you picked' : name_of(i) });
      return { node: canvas, canvas };
    };
    inputs = is_image() ? column(0, 1, input, Math.min(112, 0.8 * step)) : column(0, shown(layers[0].inputs), input);
    tiles = layers.map(({ units }, l) =>
      column(l + 1, shown(units), (j) => {
        const canvas = html('canvas', {});
        const node = html(
          'button',
          { type: 'button', class: 'tile', 'aria-label': `layer ${l + 1} unit ${j + 1}` },
          canvas,
        );
        node.addEventListener('click', () => on_pick({ l, j }));
        return { node, canvas };
      }),
    );
    const scale = devicePixelRatio || 1;
    sheet.width = width * scale;
    sheet.height = height * scale;
    sheet.style.width = `${width}px`;
    sheet.style.height = `${height}px`;
    const label = (c, words) => {
      const node = html('span', { class: 'column-name', title: words }, words);
      node.style.left = `${step * c}px`;
      node.style.width = `${step}px`;
      host.append(node);
    };
    // The names of the outputs stand to the right of their units.
    const names =
      run.info.task === 'multiclass' ? run.info.classes : run.info.task === 'regression' ? run.info.targets : [];
    tiles.at(-1).forEach(({ x, y }, j) => {
      const node = html('span', { class: 'output-name' }, names[j] ?? '');
      node.style.left = `${x + size / 2}px`;
      node.style.top = `${y}px`;
      node.style.maxWidth = `${step / 2 - size / 2}px`;
      host.append(node);
    });
    label(0, is_image() ? 'sample' : layers[0].inputs > most_units ? `${layers[0].inputs} inputs` : 'x');
    layers.forEach(({ units, activation, residual }, l) => {
      const name = residual ? `x + ${activation}` : activation;
      label(l + 1, units > most_units ? `${name}, ${most_units} of ${units}` : name);
    });
    by_id('shape').textContent = [layers[0].inputs, ...layers.map(({ units }) => units)].join(' – ');
  }

  // Draws a line for each weight between a unit and a unit of the next layer. The size of the weight (or of its
  // gradient) decides the width and the opacity of the line; the sign decides the colour.
  function draw_lines() {
    const scale = devicePixelRatio || 1;
    const context = sheet.getContext('2d');
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, sheet.width, sheet.height);
    const kind = by_id('line-kind').value;
    // Line width: |W| / max |W| of the layer, or 1 + log₁₀ (|∂L/∂W| / max |∂L/∂W| of the network) / 6.
    let largest = 1e-300;
    if (kind !== 'W')
      run.info.layers.forEach(({ units, inputs: n }, l) => {
        for (const v of engine.gradients(run.index, l, units * n)) largest = Math.max(largest, Math.abs(v));
      });
    run.info.layers.forEach((layer, l) => {
      const from = l === 0 ? inputs : tiles[l - 1];
      if (l === 0 && is_image()) return;
      const values =
        kind === 'W'
          ? engine.weights(run.index, l, layer.units * layer.inputs)
          : engine.gradients(run.index, l, layer.units * layer.inputs);
      let most = 1e-300;
      for (const v of values) most = Math.max(most, Math.abs(v));
      for (let i = 0; i < from.length; ++i) {
        for (let j = 0; j < tiles[l].length; ++j) {
          const t = values[i * layer.units + j];
          const size = kind === 'W' ? Math.abs(t) / most : 1 + Math.log10(Math.max(Math.abs(t) / largest, 1e-6)) / 6;
          if (size < 0.06) continue;
          context.globalAlpha = 0.15 + 0.75 * size;
          context.lineWidth = 0.4 + 2.6 * size;
          context.strokeStyle = t > 0 ? colors.grows : colors.shrinks;
          context.beginPath();
          context.moveTo(from[i].x, from[i].y);
          context.lineTo(tiles[l][j].x, tiles[l][j].y);
          context.stroke();
        }
      }
    });
    context.globalAlpha = 1;
  }

  const hints = {
    field: 'A picture shows the output of a unit over the plane of the inputs: orange is positive, blue is negative.',
    line: 'A picture shows the output of a unit for every input, from the smallest (left) to the largest (right). Orange is positive, blue is negative.',
    value:
      'The colour shows the output a of a unit for the picked sample: orange is positive, blue is negative. The strongest colour stands for the largest |a| of the layer.',
    slope: 'The colour shows the mean of |σ′| over the last batch. A unit with a small mean passes almost no gradient.',
    delta:
      'The colour shows ‖δ‖, the size of the gradient that arrives at a unit in the last batch. The scale is logarithmic and ends at the largest ‖δ‖ of the network.',
    state:
      'A unit with a dashed frame is dead: σ′ is exactly 0 on the whole batch. A yellow unit is saturated: on more than half of the batch, |σ′| is less than 5 % of its largest value. For a ReLU, this means z < 0 on more than half of the batch.',
    weights:
      'In layer 1, each picture shows the weights of a unit. In the other layers, the colour shows the output a of a unit for the picked sample. Orange is positive, blue is negative.',
  };
  const line_hints = {
    W: 'The lines show W: orange is positive, blue is negative. The widest line has the largest |W| of the layer.',
    dL_dW:
      'The lines show ∂L/∂W: orange is positive, blue is negative. The widest line has the largest |∂L/∂W| of the network (logarithmic scale).',
  };
  function draw_tiles(grid) {
    const kind = by_id('tile-kind').value;
    const of_sample = kind === 'field' && !grid ? engine.trace(run.index, picked.row).layers.map(({ a }) => a) : null;
    const hint =
      hints[of_sample ? (is_image() ? 'weights' : 'value') : kind === 'field' && !grid.plane ? 'line' : kind];
    const units = run.state.units;
    const hidden = Math.max(1, run.info.layers.length - 1);
    const count = run.info.layers.slice(0, hidden).reduce((sum, layer) => sum + layer.units, 0);
    const dead = units.slice(0, hidden).reduce((sum, layer) => sum + layer.dead, 0);
    by_id('tile-hint').textContent =
      `${hint} Dead ${tiles.length > 1 ? 'hidden ' : ''}units: ${dead} of ${count}. ${line_hints[by_id('line-kind').value]}`;
    const largest = Math.max(...units.flatMap(({ delta }) => delta), 1e-300);
    tiles.forEach((column, l) => {
      const n = run.info.layers[l].units;
      let values = null;
      let cells = 0;
      if (kind === 'field' && grid) {
        cells = grid.n * (grid.plane ? grid.n : 1);
        values = engine.grid_values(run.index, l, false, cells * n);
      }
      const W = of_sample && is_image() && l === 0 ? engine.weights(run.index, 0, n * run.info.layers[0].inputs) : null;
      column.forEach((tile, j) => {
        const { slope, delta, saturated, off } = units[l];
        tile.node.classList.toggle('picked', picked.l === l && picked.j === j);
        tile.node.classList.toggle('is-dead', off[j] === 1);
        if (values || W) {
          const size = W ? run.info.image[1] : grid.n;
          const at = W ? (i) => W[i * n + j] : (i) => values[i * n + j];
          const count = W ? run.info.layers[0].inputs : cells;
          let most = 1e-9;
          for (let i = 0; i < count; ++i) most = Math.max(most, Math.abs(at(i)));
          put(tile.canvas, size, count / size, (i) => shade_of(colors.signed, 0.5 + at(i) / (2 * most)));
          return;
        }
        if (of_sample) {
          const most = Math.max(...of_sample[l].map(Math.abs), 1e-300);
          fill(tile.canvas, css(shade_of(colors.signed, 0.5 + of_sample[l][j] / (2 * most))));
        } else if (kind === 'state') {
          const color = off[j] === 1 ? colors.dead : saturated[j] > 0.5 ? colors.shade : colors.alive;
          fill(tile.canvas, color);
        } else if (kind === 'delta') {
          fill(tile.canvas, css(shade_of(colors.size, 1 + Math.log10(Math.max(delta[j] / largest, 1e-6)) / 6)));
        } else fill(tile.canvas, css(shade_of(colors.size, slope[j])));
      });
    });
    inputs.forEach((tile, i) => {
      if (is_image()) {
        put_sample(tile.canvas, picked.row);
      } else if (grid) {
        const n = grid.n;
        put(tile.canvas, n, grid.plane ? n : 1, (k) =>
          shade_of(colors.signed, i === 0 ? (k % n) / n : 1 - Math.floor(k / n) / n),
        );
      } else fill(tile.canvas, colors.alive);
    });
  }
  function fill(canvas, color) {
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d');
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
  }
  function put_sample(canvas, row) {
    const [rows, columns] = run.info.image;
    put(canvas, columns, rows, (k) => shade_of(colors.ink, run.data.levels[row * rows * columns + k] / 255));
  }

  // A pulse is a group of dots that moves from the output to the input. Dots from units with a larger ‖δ‖ are larger.
  let pulse = null;
  function start_pulse() {
    if (!calm.matches) pulse = performance.now();
  }
  function draw_pulse(now) {
    if (pulse === null) return false;
    const L = tiles.length;
    const t = (Math.max(0, now - pulse) / 900) * (L + 0.3);
    if (t > L + 0.3) {
      pulse = null;
      return true;
    }
    const units = run.state.units;
    const largest = Math.max(...units.flatMap(({ delta }) => delta), 1e-300);
    const radius = (l, j) => 1 + 7 * Math.max(0, 1 + Math.log10(Math.max(units[l].delta[j] / largest, 1e-6)) / 6);
    const context = sheet.getContext('2d');
    const place = Math.min(Math.floor(t), L - 1);
    const l = L - 1 - place; // the dots move from layer l to the layer before it
    const part = Math.min(t - place, 1);
    const to = l === 0 ? inputs : tiles[l - 1];
    context.fillStyle = css(rgb('--revived'));
    tiles[l].forEach((a, j) => {
      if (units[l].off[j] === 1) return; // σ′ = 0: a dead unit passes no gradient back
      to.forEach((b) => {
        const r = radius(l, j) * (l > 0 ? 0.6 : 0.4);
        context.globalAlpha = 0.55;
        context.beginPath();
        context.arc(a.x + (b.x - a.x) * part, a.y + (b.y - a.y) * part, r, 0, 7);
        context.fill();
      });
    });
    context.globalAlpha = 1;
    return true;
  }

  // The label of the path of δ back through `layers`: “W”, or “W + skip” if one of these layers has a skip connection
  const carrier = (layers) => (layers.some(({ residual }) => residual) ? 'W + skip' : 'W');
  // Draws a line for each run, from the last layer to layer 1, through two points per layer: ‖∂L/∂a‖, then ‖∂L/∂z‖.
  function draw_delta(runs) {
    const L = Math.max(...runs.map(({ info }) => info.layers.length));
    const d = drawing(by_id('delta'), 250, [30, 14, 34, 56], 'the norms ‖∂L/∂a‖ and ‖∂L/∂z‖ of each layer');
    const logs = runs
      .flatMap(({ state }) => state.flow.flatMap((row) => [row.dL_da_norm, row.dL_dz_norm]))
      .map(Math.log10);
    const [low, high] = extent(logs);
    d.x_axis(0.5, L + 0.5);
    d.y_axis(Math.floor(low - 0.2), Math.ceil(high + 0.2));
    d.y_ticks(log_ticks(Math.floor(low - 0.2), Math.ceil(high + 0.2), 6), log_label);
    d.x_ticks(Array.from({ length: L }, (_, l) => l + 1));
    d.add(
      text(d.right, d.height - 2, 'layer', 'tick', 'end'),
      text(d.left - 40, 12, '‖∂L/∂a‖, ● ‖∂L/∂z‖ (log scale)', 'tick', 'start'),
      text(d.right, 12, '← backward pass', 'tick', 'end'),
    );
    runs.forEach(({ state }, index) => {
      const kind = index === 0 ? 'run-a' : 'run-b';
      state.flow.forEach((row, l) => {
        const [a, z] = [row.dL_da_norm, row.dL_dz_norm].map((v) => d.y(Math.log10(v)));
        const x = d.x(l + 1);
        const wide = (d.x(2) - d.x(1)) * 0.22;
        if (Number.isFinite(a) && Number.isFinite(z)) {
          d.add(svg('line', { x1: x + wide, y1: a, x2: x - wide, y2: z, class: `sigma-step ${kind}` }));
        }
        const below = state.flow[l - 1];
        if (below && Number.isFinite(z)) {
          const to = d.y(Math.log10(below.dL_da_norm));
          if (Number.isFinite(to))
            d.add(svg('line', { x1: x - wide, y1: z, x2: d.x(l) + wide, y2: to, class: `W-step ${kind}` }));
        }
        if (Number.isFinite(z)) d.add(svg('circle', { cx: x - wide, cy: z, r: 3.5, class: `delta-dot ${kind}` }));
      });
    });
    const describe = ([x]) => {
      const l = Math.round(0.5 + d.u(x) * L) - 1;
      const lines = runs.flatMap(({ state, name, info }) => {
        const row = state.flow[l];
        if (!row) return [];
        return [
          `${runs.length > 1 ? `${name}: ` : ''}σ′ turns ‖∂L/∂a‖ = ${short(row.dL_da_norm)} into ‖δ‖ = ${short(row.dL_dz_norm)} (factor ${short(row.sigma_factor)})`,
          ...(row.W_factor === null
            ? []
            : [`‖∂L/∂a‖ = ${short(row.W_factor)} · ‖δ‖ of layer ${l + 2} (from ${carrier([info.layers[l + 1]])})`]),
        ];
      });
      return lines.length === 0 ? null : [`layer ${l + 1}`, ...lines];
    };
    explain(d, { describe });
    by_id('split').replaceChildren(
      ...runs.map(({ state, name, info }) => {
        const line = html('div', { class: 'split-line' });
        if (runs.length > 1) line.append(html('strong', {}, name));
        if (state.split === null) {
          line.append(
            html(
              'span',
              { class: 'quiet' },
              'With two or more hidden layers, this line shows ‖δ‖ of layer 1 / ‖δ‖ of the last hidden layer.',
            ),
          );
          return line;
        }
        const [ratio, sigma, W] = state.split;
        const part = (title, value) => html('span', { title: String(value) }, title, html('b', {}, short(value)));
        line.append(
          part(`‖δ‖ of layer 1 / ‖δ‖ of layer ${info.layers.length - 1}`, ratio),
          html('i', {}, '='),
          part('factor from σ′', sigma),
          html('i', {}, '×'),
          part(`factor from ${carrier(info.layers.slice(1, -1))}`, W),
        );
        return line;
      }),
    );
  }

  // The plot of the data: the input plane (two inputs), a curve (one input), the first rows (images), or points
  let picture = null;
  function make_picture() {
    const host = by_id('picture');
    const { info, data } = run;
    const plane = info.layers[0].inputs === 2;
    const curve = info.layers[0].inputs === 1 && info.task === 'regression';
    if (is_image()) return make_samples(host);
    const width = Math.min(host.clientWidth, 500);
    const d = drawing(
      host,
      Math.round(width * 0.86),
      [16, 14, 34, 40],
      plane ? 'the output of the network for each pair of inputs, and the data points' : 'the data points',
    );
    const x = data.ranges[0];
    const y = plane || info.layers[0].inputs > 1 ? data.ranges[1] : extent([...data.y]);
    if (curve) {
      const margin = 0.15 * (y[1] - y[0]);
      y[0] -= margin;
      y[1] += margin;
    }
    d.x_axis(...x);
    d.y_axis(...y);
    picture = { d, x, y, plane, curve };
    if (plane) {
      picture.canvas = d.cells(2, 2);
      picture.canvas.classList.add('smooth');
    }
    if (plane) for (const v of ticks(...y, 5)) d.add(text(d.left - 6, d.y(v) + 4, short(v), 'tick', 'end'));
    else d.y_ticks(ticks(...y, 5), short);
    d.x_ticks(ticks(...x, 6), short);
    d.add(text(d.right, d.height - 3, info.columns[0], 'tick', 'end'));
    d.add(text(d.left, 10, curve ? info.targets[0] : (info.columns[1] ?? ''), 'tick', 'start'));
    const columns = info.layers[0].inputs;
    const rows = Math.min(data.class.length, 800);
    const layer = svg('g', {});
    picture.points = [];
    for (let i = 0; i < rows; ++i) {
      const at = [d.x(data.x[i * columns]), d.y(curve ? data.y[i] : data.x[i * columns + 1])];
      const dot = svg('circle', { cx: at[0], cy: at[1], r: 3.6, class: `point class-${data.class[i] % 8}` });
      picture.points.push([at[0], at[1]]);
      layer.append(dot);
    }
    d.add(layer);
    if (curve) picture.path = d.add(svg('path', { class: 'curve fit', 'clip-path': d.clip() }));
    picture.mark = d.add(svg('circle', { r: 7, class: 'marker' }));
    const nearest = (px, py) => {
      let best = 0;
      picture.points.forEach(([x, y], i) => {
        const distance = ([a, b]) => (a - px) ** 2 + (b - py) ** 2;
        if (distance([x, y]) < distance(picture.points[best])) best = i;
      });
      return best;
    };
    const words = (i) => {
      const target =
        info.task === 'regression' ? `y ${short(data.y[i])}` : `class ${info.classes[data.class[i]] ?? data.class[i]}`;
      const at = info.columns.slice(0, 4).map((name, c) => `${name} ${short(data.x[i * columns + c])}`);
      return [`row ${i + 1}: ${target}`, ...at];
    };
    explain(d, { find: nearest, describe: words, places: picture.points, pick: (row) => on_pick({ row }) });
    by_id('data-hint').textContent =
      'Click a point. The calculation of the network for this point is shown below, step by step.';
  }
  function make_samples(host) {
    const list = html('div', { class: 'samples' });
    picture = { samples: [] };
    for (let row = 0; row < Math.min(60, run.data.class.length); ++row) {
      const canvas = html('canvas', {});
      const name = run.info.classes[run.data.class[row]];
      const node = html(
        'button',
        { type: 'button', class: 'tile', 'aria-label': `row ${row + 1}, class ${name}` },
        canvas,
      );
      put_sample(canvas, row);
      node.addEventListener('click', () => on_pick({ row }));
      picture.samples.push(node);
      list.append(node);
    }
    host.replaceChildren(list);
    by_id('data-hint').textContent =
      'Click one of the first training images. The calculation of the network for this image is shown below, step by step.';
  }
  // Computes the outputs of all units on a grid of inputs, for the plot of the data and the small plot of each unit.
  function compute_grid() {
    if (!picture?.d || !(picture.plane || picture.curve)) return null;
    const n = picture.curve ? 120 : engine.kind === 'fused' ? 44 : 26;
    engine.grid(run.index, n, picture.x, picture.y);
    return { n, plane: picture.plane };
  }
  function draw_picture(grid) {
    if (picture.samples) {
      picture.samples.forEach((node, row) => {
        node.classList.toggle('picked', row === picked.row);
      });
      return;
    }
    const { d } = picture;
    const at = picture.points[Math.min(picked.row, picture.points.length - 1)];
    picture.mark.setAttribute('cx', at[0]);
    picture.mark.setAttribute('cy', at[1]);
    if (!grid) return;
    const outputs = run.info.outputs;
    const last = run.info.layers.length - 1;
    const cells = grid.n * (grid.plane ? grid.n : 1);
    const values = engine.grid_values(run.index, last, false, cells * outputs);
    if (picture.curve) {
      let path = '';
      for (let i = 0; i < cells; ++i) {
        const x = picture.x[0] + ((picture.x[1] - picture.x[0]) * i) / (cells - 1);
        path += `${i === 0 ? 'M' : 'L'}${d.x(x).toFixed(1)} ${Math.max(-50, Math.min(d.height + 50, d.y(values[i]))).toFixed(1)}`;
      }
      picture.path.setAttribute('d', path);
      return;
    }
    const mixed = [0, 0, 0];
    const regression = run.info.task === 'regression';
    let most = 1e-9;
    if (regression) for (const v of values) most = Math.max(most, Math.abs(v));
    put(picture.canvas, grid.n, grid.n, (i) => {
      if (regression) return shade_of(colors.signed, 0.5 + values[i * outputs] / (2 * most));
      for (let c = 0; c < 3; ++c) {
        let v = 0;
        if (outputs === 1) v = colors.classes[0][c] + (colors.classes[1][c] - colors.classes[0][c]) * values[i];
        else for (let k = 0; k < outputs; ++k) v += values[i * outputs + k] * colors.classes[k % 8][c];
        mixed[c] = v + (colors.panel[c] - v) * 0.45;
      }
      return mixed;
    });
  }

  return {
    read_colors,
    start_pulse,
    set_pick(act) {
      on_pick = act;
    },
    set_run(next, pick) {
      run = next;
      picked = pick;
      place_tiles();
      make_picture();
    },
    // Draws the plot of the data and one of three parts: the units, the lines or the gradient chart. `part` is the
    // number of the animation frame and selects the part. While dots move, also draws the lines. null: draws all parts.
    draw(now, pick, runs, part = null) {
      picked = pick;
      const grid = compute_grid();
      draw_picture(grid);
      if (part === null || part % 3 === 0) draw_tiles(grid);
      if (part === null || part % 3 === 1 || pulse !== null) draw_lines();
      draw_pulse(now);
      if (part !== null && part % 3 !== 2) return;
      draw_delta(runs);
      window.charts.refresh_tip();
    },
    // Draws the next picture of the backward animation: the moving dots, and the lines between the units.
    draw_motion(now) {
      if (pulse === null) return false;
      draw_lines();
      return draw_pulse(now);
    },
  };
};
