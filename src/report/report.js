// What moves in report.html: the run's charts, the slider and the keys. The run is the JSON text in the element #run.
(() => {
  'use strict';
  const { html, svg, text, color, rgb, mix, css, size_color, factor_color, short, percent } = window.charts;
  const { extent, ticks, log_ticks, log_label, drawing, paint, bar_group, move_bars, count_at, explain } =
    window.charts;
  const by_id = (id) => document.getElementById(id);
  const run = JSON.parse(by_id('run').textContent);
  const epochs = run.epochs;
  const F = epochs.length;
  const L = run.layers.length;
  let now = F - 1; // the index of the epoch shown
  let updates = []; // what each chart does when that epoch changes

  const class_name = (k) => run.classes[k] ?? String(k);
  const class_color = (k) => `--class-${k % 8}`;
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const indices = (n) => Array.from({ length: n }, (_, i) => i);

  // Cells of history.csv and flow.csv, as text
  const cell_text = (table, k, row, column) => table.rows[k][row]?.[table.columns.indexOf(column)] ?? '';
  const history_text = (k, column) => cell_text(run.history, k, 0, column);
  const flow_text = (k, l, column) => cell_text(run.flow, k, l, column);
  function flow_number(k, l, column) {
    const cell = flow_text(k, l, column);
    return cell === '' ? Number.NaN : Number(cell);
  }

  // Loss and metric
  function nearest_frame(epoch) {
    const distance = (k) => Math.abs(epochs[k] - epoch);
    return indices(F).reduce((best, k) => (distance(k) < distance(best) ? k : best), 0);
  }
  function learning_curve(host, quantity, title) {
    const kinds = ['train', 'validation'].filter((kind) => run.curves[`${kind}_${quantity}`] !== undefined);
    const series = kinds.map((kind) => run.curves[`${kind}_${quantity}`]);
    const all = extent(series.flat());
    if (quantity === 'r2') all[0] = Math.max(all[0], -1); // a lower R² says only that nothing fits
    const logarithmic = quantity === 'loss' && all[0] > 0 && all[1] / all[0] > 30;
    const d = drawing(host, 240, [30, 18, 34, 52], title);
    const last = Math.max(run.curves.epoch.at(-1) || 1, epochs[F - 1], 1);
    d.x_axis(0, last);
    const [low, high] = logarithmic ? all.map(Math.log10) : all;
    const pad = 0.04 * (high - low);
    d.y_axis(low - pad, high + pad);
    if (logarithmic) d.y_ticks(log_ticks(low, high, 8), log_label);
    else d.y_ticks(ticks(low, high, 5));
    const height = (v) => d.y(logarithmic ? Math.log10(v) : v);
    d.x_ticks(ticks(0, last, d.width > 420 ? 8 : 4).filter(Number.isInteger));
    d.add(text(d.right, d.height - 4, 'epoch', 'tick', 'end'), text(d.left - 40, 16, title, 'title', 'start'));
    let right = d.right;
    for (const kind of [...kinds].reverse()) {
      d.add(text(right, 16, kind, `series-${kind} legend`, 'end'));
      right -= 8 * kind.length + 14;
    }
    const clip = d.clip();
    kinds.forEach((kind, i) => {
      let path = '';
      let open = false;
      series[i].forEach((v, j) => {
        const drawn = v !== null && Number.isFinite(height(v));
        if (drawn) path += `${open ? 'L' : 'M'}${d.x(run.curves.epoch[j]).toFixed(2)} ${height(v).toFixed(2)}`;
        open = drawn;
      });
      d.add(svg('path', { d: path, class: `curve series-${kind}`, 'clip-path': clip }));
    });
    const line = d.add(svg('line', { y1: d.top, y2: d.bottom, class: 'now' }));
    const dots = kinds.map((kind) => d.add(svg('circle', { r: 4, class: `dot series-${kind}` })));
    updates.push(() => {
      line.setAttribute('x1', d.x(epochs[now]));
      line.setAttribute('x2', d.x(epochs[now]));
      kinds.forEach((kind, i) => {
        const v = history_text(now, `${kind}_${quantity}`);
        const y = v === '' ? Number.NaN : height(Number(v));
        dots[i].setAttribute('visibility', Number.isFinite(y) ? 'visible' : 'hidden');
        if (!Number.isFinite(y)) return;
        dots[i].setAttribute('cx', d.x(epochs[now]));
        dots[i].setAttribute('cy', y);
      });
    });
    const frame_at = (x) => nearest_frame(d.u(x) * last);
    const describe = (x) => {
      const k = frame_at(x);
      const values = kinds.map((kind) => `${kind} ${history_text(k, `${kind}_${quantity}`) || '–'}`);
      return [`epoch ${epochs[k]}`, ...values];
    };
    explain(d, describe, frame_at, go);
  }

  // The picture: decision regions, the fitted curve or the confusion matrix
  function points_of(columns) {
    const { points } = run.picture;
    return indices(points.length / columns).map((i) => points.slice(i * columns, (i + 1) * columns));
  }
  const turned = (x, y, words) => {
    const node = text(0, 0, words);
    node.setAttribute('transform', `translate(${x} ${y}) rotate(-90)`);
    return node;
  };
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const digit_value = Object.fromEntries([...digits].map((digit, i) => [digit, i]));
  function field(host) {
    const { side, classes: K, low, high, frames } = run.picture;
    const fine = 4 * side;
    const width = Math.min(host.clientWidth, 560);
    const d = drawing(host, Math.round(width * 0.86), [30, 12, 46, 46], 'decision regions');
    d.x_axis(low[0], high[0]);
    d.y_axis(low[1], high[1]);
    const canvas = d.cells(fine, fine);
    canvas.classList.add('smooth');
    d.x_ticks(ticks(low[0], high[0], 5));
    for (const v of ticks(low[1], high[1], 5)) d.add(text(d.left - 6, d.y(v) + 4, String(v), 'tick', 'end'));
    d.add(
      text((d.left + d.right) / 2, d.height - 8, run.columns[0]),
      text(d.left - 40, 16, 'decision regions', 'title', 'start'),
      turned(12, (d.top + d.bottom) / 2, run.columns[1]),
    );
    const points = points_of(3);
    const r = points.length > 100 ? 3.2 : 6;
    for (const [x, y, k] of points) {
      d.add(svg('circle', { cx: d.x(x), cy: d.y(y), r, class: 'point', fill: color(class_color(k)) }));
    }
    // A cell is two digits in base 64: the predicted class and the level of its probability.
    const levels = Math.floor(4096 / K);
    const cell = (k, i, j) => {
      const at = 2 * (i * side + j);
      const code = 64 * digit_value[frames[k][at]] + digit_value[frames[k][at + 1]];
      return [Math.floor(code / levels), (code % levels) / (levels - 1)];
    };
    const colors = indices(K).map((c) => rgb(class_color(c)));
    const base = rgb('--panel');
    updates.push(() => {
      // The probability that the predicted class leaves is divided equally between the others.
      const p = new Float32Array(side * side * K);
      for (let i = 0; i < side; ++i) {
        for (let j = 0; j < side; ++j) {
          const [predicted, probability] = cell(now, i, j);
          for (let c = 0; c < K; ++c) {
            p[(i * side + j) * K + c] = c === predicted ? probability : (1 - probability) / (K - 1);
          }
        }
      }
      // Bilinear interpolation between the four nearest cells.
      paint(canvas, (row, column) => {
        const v = ((fine - 0.5 - row) / fine) * (side - 1);
        const u = ((column + 0.5) / fine) * (side - 1);
        const i = Math.min(Math.floor(v), side - 2);
        const j = Math.min(Math.floor(u), side - 2);
        const s = v - i;
        const t = u - j;
        const at = (i * side + j) * K;
        const above = at + side * K;
        let best = 0;
        let most = -1;
        for (let c = 0; c < K; ++c) {
          const below = (1 - t) * p[at + c] + t * p[at + K + c];
          const q = (1 - s) * below + s * ((1 - t) * p[above + c] + t * p[above + K + c]);
          if (q > most) {
            most = q;
            best = c;
          }
        }
        return mix(base, colors[best], 0.12 + 0.5 * Math.max(0, (most - 1 / K) / (1 - 1 / K)));
      });
    });
    explain(d, (x, y) => {
      const [u, v] = [d.u(x), d.v(y)];
      if (u < 0 || u > 1 || v < 0 || v > 1) return null;
      const [k, probability] = cell(now, Math.round(v * (side - 1)), Math.round(u * (side - 1)));
      return [
        `${class_name(k)}, p ≈ ${short(probability, 2)}`,
        `${run.columns[0]} ${short(low[0] + u * (high[0] - low[0]))}`,
        `${run.columns[1]} ${short(low[1] + v * (high[1] - low[1]))}`,
      ];
    });
    const key = html('div', { class: 'key' });
    for (let c = 0; c < K; ++c) {
      const mark = html('i', {});
      mark.style.background = color(class_color(c));
      key.append(html('span', {}, mark, class_name(c)));
    }
    host.append(key);
  }
  function curve(host) {
    const { side, outputs: K, low, high, frames } = run.picture;
    const rows = points_of(1 + K);
    const ys = extent(rows.flatMap((row) => row.slice(1)));
    const pad = 0.15 * (ys[1] - ys[0]);
    const height = Math.round(Math.max(260, Math.min(0.75 * host.clientWidth, 500)));
    const d = drawing(host, height, [30, 12, 46, 52], 'fitted curve');
    d.x_axis(low[0], high[0]);
    d.y_axis(ys[0] - pad, ys[1] + pad);
    d.x_ticks(ticks(low[0], high[0], 6));
    d.y_ticks(ticks(ys[0] - pad, ys[1] + pad, 6));
    d.add(
      text((d.left + d.right) / 2, d.height - 8, run.columns[0]),
      text(d.left - 40, 16, 'fitted curve', 'title', 'start'),
      text(d.right, 16, run.targets.join(', '), 'legend', 'end'),
    );
    const clip = d.clip();
    const x_of = (i) => low[0] + ((high[0] - low[0]) * i) / (side - 1);
    for (const [x, ...y] of rows) {
      y.forEach((v, c) => {
        d.add(svg('circle', { cx: d.x(x), cy: d.y(v), r: 2.6, class: 'sample', fill: color(class_color(c)) }));
      });
    }
    const paths = indices(K).map(() => d.add(svg('path', { class: 'curve fit', 'clip-path': clip })));
    updates.push(() => {
      paths.forEach((path, c) => {
        let at = '';
        let open = false;
        for (let i = 0; i < side; ++i) {
          const v = frames[now][i * K + c];
          if (v !== null) {
            const y = Math.max(-1e5, Math.min(1e5, d.y(v)));
            at += `${open ? 'L' : 'M'}${d.x(x_of(i)).toFixed(2)} ${y.toFixed(2)}`;
          }
          open = v !== null;
        }
        path.setAttribute('d', at);
      });
    });
    explain(d, (x) => {
      const u = d.u(x);
      if (u < 0 || u > 1) return null;
      const i = Math.round(u * (side - 1));
      const values = run.targets.map((target, c) => `${target} ${short(frames[now][i * K + c], 4)}`);
      return [`${run.columns[0]} ${short(x_of(i))}`, ...values];
    });
  }
  function confusion(host) {
    const { classes: K, rows, frames } = run.picture;
    const cut = (name) => (name.length > 12 ? `${name.slice(0, 11)}…` : name);
    const width = Math.min(host.clientWidth, 560);
    const longest = Math.max(...indices(K).map((k) => cut(class_name(k)).length));
    const d = drawing(host, Math.round(width * 0.9), [30, 12, 58, 40 + 7 * longest], 'confusion matrix');
    d.x_axis(0, K);
    d.y_axis(K, 0);
    d.add(
      text(d.left - 30 - 7 * longest, 16, `confusion matrix, ${rows} rows`, 'title', 'start'),
      text((d.left + d.right) / 2, d.height - 6, 'predicted class'),
      turned(14, (d.top + d.bottom) / 2, 'actual class'),
    );
    const boxes = [];
    const wide = d.x(1) - d.x(0);
    const high = d.y(1) - d.y(0);
    for (let i = 0; i < K; ++i) {
      const name = cut(class_name(i));
      const below = text(d.x(i + 0.5), d.bottom + 16, name);
      if (name.length * 7 > wide) {
        below.setAttribute('transform', `rotate(-30 ${d.x(i + 0.5)} ${d.bottom + 12})`);
        below.setAttribute('text-anchor', 'end');
      }
      d.add(below, text(d.left - 6, d.y(i + 0.5) + 4, name, 'tick', 'end'));
      for (let j = 0; j < K; ++j) {
        const box = svg('rect', { x: d.x(j) + 0.5, y: d.y(i) + 0.5, width: wide - 1, height: high - 1, rx: 2 });
        d.add(box);
        boxes.push([box, wide > 22 ? d.add(text(d.x(j + 0.5), d.y(i + 0.5) + 4, '', 'cell')) : null]);
      }
    }
    updates.push(() => {
      const counts = frames[now];
      const base = rgb('--neutral');
      for (let i = 0; i < K; ++i) {
        const total = sum(counts.slice(i * K, (i + 1) * K)) || 1;
        for (let j = 0; j < K; ++j) {
          const [box, label] = boxes[i * K + j];
          const n = counts[i * K + j];
          const c = mix(base, rgb(i === j ? '--good' : '--bad'), n === 0 ? 0 : 0.15 + (0.85 * n) / total);
          box.setAttribute('fill', css(c));
          if (label === null) continue;
          label.textContent = n === 0 ? '' : String(n);
          label.setAttribute('fill', 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2] > 140 ? '#111111' : '#ffffff');
        }
      }
    });
    explain(d, (x, y) => {
      const j = Math.floor((x - d.left) / wide);
      const i = Math.floor((y - d.top) / high);
      if (i < 0 || i >= K || j < 0 || j >= K) return null;
      const count = `${frames[now][i * K + j]} rows`;
      return [count, `actual class ${class_name(i)}`, `predicted class ${class_name(j)}`];
    });
  }

  // The flow of the gradient
  const log10 = (v) => (v > 0 && Number.isFinite(v) ? Math.log10(v) : Number.NaN);
  const norm = (k, l) => flow_number(k, l, 'dL_dz_norm');
  const sigma_part = (k, l) => (l === L - 1 ? Number.NaN : norm(k, l) / flow_number(k, l, 'dL_da_norm'));
  const W_part = (k, l) => (l === L - 1 ? Number.NaN : flow_number(k, l, 'dL_da_norm') / norm(k, l + 1));
  const flow_quantities = [
    { title: '‖∂L/∂z‖', about: 'how much gradient is left', factor: false, of: norm },
    { title: 'σ′ part', about: '‖∂L/∂zˡ‖ / ‖∂L/∂aˡ‖', factor: true, of: sigma_part },
    { title: 'W part', about: '‖∂L/∂aˡ‖ / ‖∂L/∂zˡ⁺¹‖', factor: true, of: W_part },
  ];

  // The range of the logarithms of a quantity over all epochs and layers. The two parts share one scale, so that they
  // can be compared by eye.
  function log_extent(q) {
    const scaled_alike = q.factor ? flow_quantities.filter((other) => other.factor) : [q];
    const logs = scaled_alike.flatMap((one) => indices(F).flatMap((k) => indices(L).map((l) => log10(one.of(k, l)))));
    return extent(logs);
  }
  function describe_layer(k, l) {
    return [
      `epoch ${epochs[k]}, layer ${l + 1} ${run.layers[l].activation}`,
      `‖∂L/∂a‖ ${flow_text(k, l, 'dL_da_norm')}`,
      `‖∂L/∂z‖ ${flow_text(k, l, 'dL_dz_norm')}`,
      `σ′ part ${l === L - 1 ? '–' : short(sigma_part(k, l), 4)}`,
      `W part ${l === L - 1 ? '–' : short(W_part(k, l), 4)}`,
    ];
  }
  function layer_bars(host, q) {
    const d = drawing(host, 200, [30, 12, 34, 52], q.title);
    const reached = log_extent(q);
    const low = q.factor ? Math.min(reached[0], -0.1) : Math.floor(reached[0] - 0.2);
    const high = q.factor ? Math.max(reached[1], 0.1) : reached[1];
    d.x_axis(0.5, L + 0.5);
    d.y_axis(low, high + 0.04 * (high - low));
    d.y_ticks(log_ticks(low, high, 6), log_label);
    const step = Math.ceil(L / (d.width > 420 ? 24 : 12));
    d.x_ticks(
      indices(L)
        .filter((l) => l % step === 0)
        .map((l) => l + 1),
    );
    d.add(
      text(d.left - 40, 16, q.title, 'title', 'start'),
      text(d.right, 16, q.about, 'legend', 'end'),
      text(d.right, d.height - 4, 'layer', 'tick', 'end'),
    );
    const half = Math.min(18, 0.36 * (d.x(1) - d.x(0)));
    const floor = q.factor ? d.y(0) : d.bottom;
    if (q.factor) d.add(svg('line', { x1: d.left, x2: d.right, y1: floor, y2: floor, class: 'axis' }));
    const bars = indices(L).map((l) =>
      d.add(svg('rect', { x: d.x(l + 1) - half, width: 2 * half, rx: 1.5, class: 'bar' })),
    );
    updates.push(() => {
      bars.forEach((bar, l) => {
        const v = log10(q.of(now, l));
        const y = Number.isFinite(v) ? d.y(Math.max(v, low)) : floor;
        bar.setAttribute('y', Math.min(y, floor));
        bar.setAttribute('height', Math.abs(y - floor));
        if (q.factor) bar.setAttribute('class', v > 0 ? 'bar grows' : 'bar shrinks');
      });
    });
    explain(d, (x) => {
      const l = Math.round(d.u(x) * L + 0.5) - 1;
      return l < 0 || l >= L ? null : describe_layer(now, l);
    });
  }

  // A map has a column for each epoch shown; this labels some of them, marks the current one and gives a click its epoch.
  function epoch_columns(d) {
    const count = d.width > 420 ? 6 : 4;
    for (let i = 0; i < count; ++i) {
      const k = Math.round((i * (F - 1)) / (count - 1));
      d.add(text(d.x(k + 0.5), d.bottom + 16, String(epochs[k])));
    }
    d.add(text(d.right, d.height - 2, 'epoch', 'tick', 'end'));
    const width = Math.max(d.x(1) - d.x(0), 2);
    const marker = svg('rect', { y: d.top - 2, height: d.bottom - d.top + 4, width, class: 'marker' });
    d.add(marker);
    updates.push(() => marker.setAttribute('x', d.x(now)));
  }
  function heat_map(host, q) {
    const height = 58 + Math.max(90, Math.min(300, 15 * L));
    const d = drawing(host, height, [30, 12, 34, 52], `${q.title} by layer and epoch`);
    d.x_axis(0, F);
    d.y_axis(0.5, L + 0.5);
    const [low, high] = log_extent(q);
    const reach = Math.max(Math.abs(low), Math.abs(high), 0.1);
    const color_of = (v) => (q.factor ? factor_color(v / reach) : size_color((v - low) / (high - low)));
    paint(d.cells(F, L), (i, k) => {
      const v = log10(q.of(k, L - 1 - i));
      return Number.isFinite(v) ? color_of(v) : null;
    });
    const step = Math.ceil(L / 10);
    for (let l = 1; l <= L; l += step) d.add(text(d.left - 6, d.y(l) + 4, String(l), 'tick', 'end'));
    epoch_columns(d);
    d.add(text(d.left - 40, 16, 'layer', 'tick', 'start'));
    // The colour scale
    const scale = d.add(svg('g', { class: 'scale' }));
    const from = Math.max(d.left + 40, d.right - 200);
    const steps = 40;
    const span = Math.max(0, d.right - 48 - from);
    const ends = q.factor ? [-reach, reach] : [low, high];
    for (let i = 0; i < steps; ++i) {
      const fill = css(color_of(ends[0] + ((ends[1] - ends[0]) * i) / (steps - 1)));
      scale.append(svg('rect', { x: from + (i * span) / steps, y: 8, width: span / steps + 0.6, height: 9, fill }));
    }
    scale.append(
      text(from - 6, 17, short(10 ** ends[0], 2), 'tick', 'end'),
      text(d.right - 42, 17, short(10 ** ends[1], 2), 'tick', 'start'),
    );
    const cell_at = (x, y) => {
      const k = Math.floor(d.u(x) * F);
      const l = Math.floor(d.v(y) * L);
      return k < 0 || k >= F || l < 0 || l >= L ? null : [k, l];
    };
    const describe = (x, y) => {
      const cell = cell_at(x, y);
      return cell && describe_layer(...cell);
    };
    explain(d, describe, (x, y) => cell_at(x, y)?.[0] ?? null, go);
  }

  // A layer: where its z sit on σ, its weights and their gradients
  const histogram_at = (h, k) => ({ low: h.ranges[2 * k], high: h.ranges[2 * k + 1], counts: h.counts[k] });
  function sigma_chart(host, l) {
    const layer = run.layers[l];
    const h = run.histograms[l].z;
    const [low, high] = layer.z_axis;
    const d = drawing(host, 210, [8, 12, 32, 34], `σ and σ′ of layer ${l + 1} over the histogram of its z`);
    d.x_axis(low, high);
    d.y_axis(...layer.a_axis);
    const clip = d.clip();
    const zones = d.add(svg('g', { class: 'saturated' }));
    const shade = (from, to) => {
      const x = d.x(Math.max(from, low));
      const width = Math.max(0, d.x(Math.min(to, high)) - x);
      zones.append(svg('rect', { x, y: d.top, height: d.bottom - d.top, width }));
    };
    const activation = run.activations[layer.curve];
    for (const [from, to] of activation.saturated) shade(from, to);
    d.y_ticks(ticks(...layer.a_axis, 4));
    const bars = bar_group(d, h.counts[0].length, 'counts');
    d.x_ticks(ticks(low, high, 6));
    d.add(text(d.right, d.height - 3, 'z', 'tick', 'end'));
    const transform = `translate(${d.x(0)} ${d.y(0)}) scale(${d.x(1) - d.x(0)} ${d.y(1) - d.y(0)})`;
    const sigma = svg('path', { d: activation.sigma, class: 'sigma' });
    const derivative = svg('path', { d: activation.derivative, class: 'derivative' });
    d.add(svg('g', { 'clip-path': clip }, svg('g', { transform }, sigma, derivative)));
    const beyond_low = d.add(text(d.left + 4, d.top + 12, '', 'beyond', 'start'));
    const beyond_high = d.add(text(d.right - 4, d.top + 12, '', 'beyond', 'end'));
    updates.push(() => {
      const histogram = histogram_at(h, now);
      move_bars(d, bars, histogram, low, high, 0.92);
      const wide = (histogram.high - histogram.low) / histogram.counts.length;
      const total = sum(histogram.counts) || 1;
      const fraction = (is_there) =>
        sum(histogram.counts.filter((_, i) => is_there(histogram.low + (i + 0.5) * wide))) / total;
      const below = fraction((z) => z < low);
      const above = fraction((z) => z > high);
      beyond_low.textContent = below > 0 ? `◂ ${percent(below)}` : '';
      beyond_high.textContent = above > 0 ? `${percent(above)} ▸` : '';
      if (!layer.alpha) return;
      const alpha = layer.alpha[now]; // the learned derivative on the left
      sigma.setAttribute('d', `M-1000 ${-1000 * alpha}L0 0L1000 1000`);
      derivative.setAttribute('d', `M-1000 ${alpha}L0 ${alpha}L0 1L1000 1`);
      const limit = run.saturation * Math.max(1, Math.abs(alpha));
      zones.replaceChildren();
      if (Math.abs(alpha) < limit) shade(low, 0);
      if (limit > 1) shade(0, high);
    });
    explain(d, (x) => {
      const z = low + d.u(x) * (high - low);
      if (z < low || z > high) return null;
      const histogram = histogram_at(h, now);
      return [`z ${short(z)}`, `${count_at(histogram, z)} of ${sum(histogram.counts)} z in this bin`];
    });
  }
  function small_histogram(host, h, title, kind) {
    const d = drawing(host, 92, [20, 6, 20, 6], title);
    const bars = bar_group(d, h.counts[0].length, `counts ${kind}`);
    d.add(svg('line', { x1: d.left, x2: d.right, y1: d.bottom, y2: d.bottom, class: 'axis' }));
    d.add(text(d.left, 13, title, 'legend', 'start'));
    const low_end = d.add(text(d.left, d.height - 5, '', 'tick', 'start'));
    const high_end = d.add(text(d.right, d.height - 5, '', 'tick', 'end'));
    const zero = d.add(svg('line', { y1: d.top, y2: d.bottom, class: 'grid' }));
    const all = extent(h.ranges);
    let reach = 1;
    updates.push(() => {
      const histogram = histogram_at(h, now);
      const ends = kind === 'weights' ? all : [histogram.low, histogram.high];
      reach = Math.max(...ends.map(Math.abs)) || 1;
      d.x_axis(-reach, reach);
      zero.setAttribute('x1', d.x(0));
      zero.setAttribute('x2', d.x(0));
      low_end.textContent = short(-reach, 2);
      high_end.textContent = short(reach, 2);
      move_bars(d, bars, histogram, -reach, reach, 1);
    });
    explain(d, (x) => {
      const v = -reach + d.u(x) * 2 * reach;
      if (Math.abs(v) > reach) return null;
      const histogram = histogram_at(h, now);
      const range = `from ${short(histogram.low, 4)} to ${short(histogram.high, 4)}`;
      return [`${title} ≈ ${short(v)}`, `${count_at(histogram, v)} in this bin`, range];
    });
  }
  function facts_of(l) {
    const parts = [
      ['mean |σ′|', short(flow_text(now, l, 'slope_mean'))],
      ['saturated', percent(flow_text(now, l, 'saturated'))],
      ['off', percent(flow_text(now, l, 'off'))],
      ['dead', percent(flow_text(now, l, 'dead'))],
      ['revived', flow_text(now, l, 'revived') || '–'],
    ].filter(([name, value]) => name !== 'off' || value !== '–');
    return parts.map(([name, value]) => html('span', {}, `${name} `, html('b', {}, value)));
  }
  function layer_cards(host) {
    host.replaceChildren();
    const plots = run.layers.map((layer, l) => {
      const [plot, weights, gradients] = indices(3).map(() => html('div', { class: 'plot' }));
      const facts = html('p', { class: 'facts' });
      const size = html('small', {}, `${layer.inputs} → ${layer.units}`);
      const head = html('h3', {}, html('b', {}, `layer ${l + 1}`), ` ${layer.activation}`, size);
      host.append(
        html('article', { class: 'card layer' }, head, plot, html('div', { class: 'pair' }, weights, gradients), facts),
      );
      if (run.flow) updates.push(() => facts.replaceChildren(...facts_of(l)));
      return [plot, weights, gradients];
    });
    // Only now do the cards have their final widths.
    plots.forEach(([plot, weights, gradients], l) => {
      sigma_chart(plot, l);
      small_histogram(weights, run.histograms[l].W, 'W', 'weights');
      small_histogram(gradients, run.histograms[l].dL_dW, '∂L/∂W', 'gradients');
    });
  }

  // Dead and revived units
  function dead_map(plot, l) {
    const { units } = run.layers[l];
    const height = 58 + Math.max(80, Math.min(320, 9 * units));
    const d = drawing(plot, height, [30, 12, 34, 44], `dead units of layer ${l + 1}`);
    d.x_axis(0, F);
    d.y_axis(units, 0);
    const is_dead = (k, j) => k >= 0 && run.dead[l][k][j] === '1';
    const state = (k, j) => (is_dead(k, j) ? 'dead' : is_dead(k - 1, j) ? 'revived' : 'alive');
    const colors = { alive: rgb('--alive'), dead: rgb('--dead'), revived: rgb('--revived') };
    paint(d.cells(F, units), (j, k) => colors[state(k, j)]);
    d.add(
      text(d.left - 32, 16, `layer ${l + 1}, ${units} units`, 'title', 'start'),
      text(d.left - 6, d.y(0.5) + 6, '1', 'tick', 'end'),
      text(d.left - 6, d.y(units - 0.5) + 4, String(units), 'tick', 'end'),
    );
    epoch_columns(d);
    const count = d.add(text(d.right, 16, '', 'legend', 'end'));
    updates.push(() => {
      count.textContent = `${percent(flow_text(now, l, 'dead'))} dead`;
    });
    const cell_at = (x, y) => {
      const k = Math.floor(d.u(x) * F);
      const j = Math.floor((1 - d.v(y)) * units);
      return k < 0 || k >= F || j < 0 || j >= units ? null : [k, j];
    };
    const describe = (x, y) => {
      const cell = cell_at(x, y);
      if (cell === null) return null;
      const [k, j] = cell;
      const head = `epoch ${epochs[k]}, unit ${j + 1}: ${state(k, j)}`;
      return [head, `dead ${flow_text(k, l, 'dead')}`, `revived ${flow_text(k, l, 'revived')}`];
    };
    explain(d, describe, (x, y) => cell_at(x, y)?.[0] ?? null, go);
  }
  function dead_maps(host) {
    host.replaceChildren();
    const affected = indices(L).filter((l) => run.dead[l].some((flags) => flags.includes('1')));
    if (affected.length === 0) {
      const words = 'No unit was dead in any epoch shown: every unit had σ′ ≠ 0 on some sample.';
      host.append(html('p', { class: 'quiet' }, words));
      return;
    }
    const plots = affected.map(() => html('div', { class: 'plot' }));
    for (const plot of plots) host.append(html('article', { class: 'card' }, plot));
    for (const [i, plot] of plots.entries()) dead_map(plot, affected[i]);
  }

  // Numbers, as the run's files write them
  function numbers() {
    const cells = {};
    const host = by_id('numbers');
    host.replaceChildren();
    for (const column of run.history.columns) {
      const used = indices(F).some((k) => history_text(k, column) !== '');
      if (column === 'epoch' || column.startsWith('test_') || !used) continue;
      cells[column] = html('dd', { 'data-column': column });
      host.append(html('div', {}, html('dt', {}, column.replaceAll('_', ' ')), cells[column]));
    }
    updates.push(() => {
      for (const [column, cell] of Object.entries(cells)) cell.textContent = history_text(now, column) || '–';
    });
  }
  function flow_table() {
    const body = by_id('flow-rows');
    body.replaceChildren();
    const cells = indices(L).map((l) => {
      const row = run.flow.columns.map((column) => html('td', { 'data-column': column, 'data-layer': l + 1 }));
      body.append(html('tr', {}, ...row));
      return row;
    });
    updates.push(() => {
      cells.forEach((row, l) => {
        row.forEach((cell, c) => {
          cell.textContent = run.flow.rows[now][l]?.[c] ?? '';
        });
      });
    });
  }
  function headline() {
    if (run.split.every((parts) => parts === null)) return;
    const values = ['ratio', 'sigma', 'W'].map((id) => html('b', { 'data-split': id }));
    const [ratio, sigma, W] = ['‖δ¹‖ / ‖δᴴ‖', 'σ′ part', 'W part'].map((name, i) => html('span', {}, name, values[i]));
    by_id('split').replaceChildren(ratio, html('i', {}, '='), sigma, html('i', {}, '×'), W);
    updates.push(() => {
      const parts = run.split[now];
      values.forEach((value, i) => {
        value.textContent = parts ? short(parts[i]) : '–';
        value.setAttribute('title', parts ? parts[i] : '');
      });
    });
  }

  // The whole page
  const pictures = { field, curve, confusion };
  function draw() {
    updates = [];
    numbers();
    learning_curve(by_id('loss'), 'loss', 'loss');
    if (run.metric) learning_curve(by_id('metric'), run.metric, run.metric === 'r2' ? 'R²' : run.metric);
    pictures[run.picture.kind]?.(by_id('picture'));
    if (run.flow) {
      headline();
      flow_table();
      flow_quantities.forEach((q, i) => {
        layer_bars(by_id(`bars-${i}`), q);
        heat_map(by_id(`heat-${i}`), q);
      });
      dead_maps(by_id('dead'));
    }
    layer_cards(by_id('layers'));
    update();
  }
  const slider = by_id('slider');
  function update() {
    slider.value = String(now);
    slider.setAttribute('aria-valuetext', `epoch ${epochs[now]}`);
    by_id('epoch').textContent = String(epochs[now]);
    for (const move of updates) move();
  }
  function go(k) {
    now = Math.max(0, Math.min(F - 1, k));
    update();
  }
  let timer = null;
  const play = by_id('play');
  function set_playing(on) {
    clearInterval(timer);
    timer = null;
    if (on) {
      if (now === F - 1) go(0);
      timer = setInterval(() => {
        if (now < F - 1) go(now + 1);
        else set_playing(false);
      }, 140);
    }
    play.textContent = on ? '❚❚' : '▶';
    play.setAttribute('aria-label', on ? 'pause' : 'play');
  }
  function stop_at(k) {
    set_playing(false);
    go(k);
  }
  play.addEventListener('click', () => set_playing(timer === null));
  slider.addEventListener('input', () => stop_at(Number(slider.value)));
  document.addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const anywhere = { ArrowRight: 1, ArrowLeft: -1 };
    const on_slider = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }; // elsewhere these keys scroll
    const move = anywhere[event.key] ?? (event.target === slider ? on_slider[event.key] : undefined);
    if (event.key === ' ') {
      if (event.target.tagName.toLowerCase() === 'button') return;
      set_playing(timer === null);
    } else if (event.key === 'Home') stop_at(0);
    else if (event.key === 'End') stop_at(F - 1);
    else if (move !== undefined) stop_at(now + move);
    else return;
    event.preventDefault();
  });
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  function set_theme(theme) {
    root.dataset.theme = theme;
    draw();
  }
  by_id('theme').addEventListener('click', () => set_theme(root.dataset.theme === 'dark' ? 'light' : 'dark'));
  dark.addEventListener('change', () => set_theme(dark.matches ? 'dark' : 'light'));
  let before_print = '';
  addEventListener('beforeprint', () => {
    before_print = root.dataset.theme;
    set_theme('light');
  });
  addEventListener('afterprint', () => set_theme(before_print));
  let width = innerWidth;
  addEventListener('resize', () => {
    if (innerWidth === width) return;
    width = innerWidth;
    draw();
  });
  slider.max = String(F - 1);
  set_theme(dark.matches ? 'dark' : 'light');
})();
