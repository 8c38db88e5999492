// Draws charts in SVG for every page of primer. This script does not know what a run is: its functions get plain data.
// It writes names into the page as text, never as HTML, and it never sends a request to the network.
//
// Each function in the list below empties the element `host` and draws a chart that is as wide as `host`. Most of these
// functions return an update function for the parts that depend on the epoch: the marker, the bars, the cells. After a
// call of the update function, call charts.refresh_tip(); otherwise a visible tooltip shows old values. Colours are
// custom properties of the style sheet, such as '--train'. Draw the charts again after a change of the theme.
//
//   curves(host, {title, last, series, range, epochs, describe, pick, …})   lines over the epochs
//   sigma(host, {label, curve, z_axis, a_axis, note})                       σ, σ′ and the histogram of z
//   histogram(host, {title, kind, label})                                   a small histogram
//   layer_bars(host, {title, about, factor, low, high, layers, colors, …})  a bar for each layer and each run
//   cell_map(host, {label, title, height, rows, epochs, row_ticks, …})      a heat map: one column for each epoch
//   field(host, {columns, low, high, side, classes, points})                decision regions
//   fit(host, {…}), confusion(host, {…}), tiles(host, {…})                  fitted curve, confusion matrix, images
window.charts = (() => {
  'use strict';

  function make(space, tag, attributes, ...children) {
    const node = document.createElementNS(space, tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }
  const html = (tag, attributes, ...children) => make('http://www.w3.org/1999/xhtml', tag, attributes, ...children);
  const svg = (tag, attributes, ...children) => make('http://www.w3.org/2000/svg', tag, attributes, ...children);
  const text = (x, y, words, kind = 'tick', anchor = 'middle') =>
    svg('text', { x, y, class: kind, 'text-anchor': anchor }, words);

  // color() and rgb() read a colour from the style sheet: color() as CSS text, rgb() as a list [red, green, blue].
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function rgb(name) {
    const hex = color(name).slice(1);
    return [0, 2, 4].map((i) => Number.parseInt(hex.slice(i, i + 2), 16));
  }
  const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);
  const css = (c) => `rgb(${c.map(Math.round).join(',')})`;
  const ramp = [
    [68, 1, 84],
    [59, 82, 139],
    [33, 145, 140],
    [94, 201, 98],
    [253, 231, 37],
  ];
  // The colour of a number t from 0 to 1: dark for 0, bright for 1.
  function size_color(t) {
    const at = Math.min(Math.max(t, 0), 1) * (ramp.length - 1);
    const i = Math.min(Math.floor(at), ramp.length - 2);
    return mix(ramp[i], ramp[i + 1], at - i);
  }
  // The colour of a signed number t: blue for t ≤ −1, neutral for 0, orange for t ≥ 1.
  const factor_color = (t) => mix(rgb('--neutral'), rgb(t > 0 ? '--grows' : '--shrinks'), Math.min(Math.abs(t), 1));

  const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  const power = (n) =>
    `10${String(n)
      .replace('-', '⁻')
      .replace(/[0-9]/g, (digit) => superscripts[digit])}`;
  function short(value, digits = 4) {
    if (value === '' || value === null || value === undefined) return '–';
    const v = Number(value);
    if (v === 0 || !Number.isFinite(v)) return String(v);
    const size = Math.abs(v);
    if (size >= 1e5 || size < 1e-3) return v.toExponential(digits - 1).replace('e+', 'e');
    return String(Number(v.toPrecision(digits)));
  }
  const percent = (value) => (value === '' ? '–' : `${short(100 * Number(value), 3)} %`);
  const sum = (values) => values.reduce((a, b) => a + b, 0);
  const indices = (n) => Array.from({ length: n }, (_, i) => i);
  const cut = (name, most) => (name.length > most ? `${name.slice(0, most - 1)}…` : name);

  function extent(values) {
    const finite = values.filter(Number.isFinite);
    const low = finite.reduce((a, b) => Math.min(a, b), Infinity);
    const high = finite.reduce((a, b) => Math.max(a, b), -Infinity);
    if (low > high) return [0, 1];
    return low === high ? [low - 0.5, high + 0.5] : [low, high];
  }
  function ticks(low, high, most) {
    const raw = (high - low) / most;
    const unit = 10 ** Math.floor(Math.log10(raw));
    const step = unit * [1, 2, 5, 10].find((m) => m * unit >= raw);
    const list = [];
    for (let i = Math.ceil(low / step - 1e-9); i <= high / step + 1e-9; ++i) {
      list.push(Number((i * step).toPrecision(12)));
    }
    return list;
  }
  // The ticks of a logarithmic axis, as log₁₀ of 1, 2, 5, 10, …; on a long axis, only powers of ten have ticks.
  function log_ticks(low, high, most) {
    const long = high - low > 2.5;
    const list = [];
    for (let e = Math.floor(low); e <= high; ++e) {
      for (const m of long ? [1] : [1, 2, 5]) list.push(e + Math.log10(m));
    }
    const inside = list.filter((v) => low <= v && v <= high);
    const step = Math.ceil(inside.length / most);
    return inside.length === 0 ? [low, high] : inside.filter((v) => Math.round(long ? v : 0) % step === 0);
  }
  const log_label = (v) => (Number.isInteger(v) && Math.abs(v) > 2 ? power(v) : short(10 ** v, 2));

  // The card of an activation: the formulas of σ and σ′, and a list of all its properties, which the reader can unfold.
  function formulas(card) {
    const of = (title) => card?.lines.find(([name]) => name === title)?.[1];
    return of('σ(z)') ? [`σ(z) = ${of('σ(z)')}`, `σ′(z) = ${of('σ′(z)')}`] : [];
  }
  const unfolded = new Set(); // lists that the reader unfolded; they stay open when the page is drawn again
  function about(card, key = card.name) {
    const rows = card.lines.flatMap(([title, words]) => [html('dt', {}, title), html('dd', {}, words)]);
    const head = html('summary', {}, card.full_name ? `${card.name}: ${card.full_name}` : `about ${card.name}`);
    const details = html('details', { class: 'about' }, head, html('dl', {}, ...rows));
    details.open = unfolded.has(key);
    details.addEventListener('toggle', () => unfolded[details.open ? 'add' : 'delete'](key));
    return details;
  }

  // A drawing is an SVG as wide as the element `host`, with margins (top, right, bottom, left) and a scale for each
  // axis. Canvases behind the SVG show coloured cells.
  let clips = 0;
  function drawing(host, height, margin, label) {
    const width = Math.max(host.clientWidth, 120);
    const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label, tabindex: 0 });
    const button = html('button', { class: 'save', type: 'button', tabindex: -1, title: 'save as SVG' }, '⤓');
    button.setAttribute('aria-label', `save the chart “${label}” as SVG`);
    const frame = html('div', { class: 'frame' }, root, button);
    host.replaceChildren(frame);
    const left = Math.min(margin[3], width / 2);
    const d = { root, width, height, left, right: Math.max(width - margin[1], left + 10), top: margin[0] };
    d.bottom = Math.max(height - margin[2], d.top + 1);
    button.addEventListener('click', () => save(root));
    d.add = (...nodes) => {
      root.append(...nodes);
      return nodes[0];
    };
    d.title = (words) => d.add(text(Math.max(2, d.left - 40), 16, words, 'title', 'start'));
    d.legend = (words) => d.add(text(d.right, 16, words, 'legend', 'end'));
    d.x_title = (words) => d.add(text((d.left + d.right) / 2, d.height - 6, words));
    d.y_title = (words) => {
      const at = `translate(12 ${(d.top + d.bottom) / 2}) rotate(-90)`;
      d.add(text(0, 0, words)).setAttribute('transform', at);
    };
    d.x_axis = (low, high) => {
      d.x = (v) => d.left + ((v - low) / (high - low)) * (d.right - d.left);
    };
    d.y_axis = (low, high) => {
      d.y = (v) => d.bottom - ((v - low) / (high - low)) * (d.bottom - d.top);
    };
    d.x_ticks = (list, write = String) => {
      for (const v of list) {
        d.add(svg('line', { x1: d.x(v), x2: d.x(v), y1: d.bottom, y2: d.bottom + 4, class: 'axis' }));
        d.add(text(d.x(v), d.bottom + 16, write(v)));
      }
    };
    d.y_ticks = (list, write = String) => {
      for (const v of list) {
        d.add(svg('line', { x1: d.left, x2: d.right, y1: d.y(v), y2: d.y(v), class: 'grid' }));
        d.add(text(d.left - 6, d.y(v) + 4, write(v), 'tick', 'end'));
      }
    };
    d.clip = () => {
      const id = `clip-${++clips}`;
      const area = { x: d.left, y: d.top, width: d.right - d.left, height: d.bottom - d.top };
      d.add(svg('clipPath', { id }, svg('rect', area)));
      return `url(#${id})`;
    };
    // Adds a canvas under the plot area. The canvas has one pixel for each cell of a map with columns × rows cells.
    d.cells = (columns, rows) => {
      const canvas = html('canvas', { width: columns, height: rows });
      return d.place(canvas, d.left, d.top, d.right - d.left, d.bottom - d.top);
    };
    d.place = (canvas, x, y, wide, high) => {
      const place = { left: x / width, top: y / height, width: wide / width, height: high / height };
      for (const [side, fraction] of Object.entries(place)) canvas.style[side] = `${100 * fraction}%`;
      frame.prepend(canvas);
      return canvas;
    };
    // In the plot area, d.u(x) is 0 at the left edge and 1 at the right edge; d.v(y) is 0 at the bottom, 1 at the top.
    d.u = (x) => (x - d.left) / (d.right - d.left);
    d.v = (y) => (d.bottom - y) / (d.bottom - d.top);
    return d;
  }

  // Paints every cell for which color_at(row, column) is not null.
  function paint(canvas, color_at) {
    const context = canvas.getContext('2d');
    const image = context.createImageData(canvas.width, canvas.height);
    for (let i = 0, at = 0; i < canvas.height; ++i) {
      for (let j = 0; j < canvas.width; ++j, at += 4) {
        const c = color_at(i, j);
        if (c === null) continue;
        image.data.set(c, at);
        image.data[at + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }

  // A histogram is {low, high, counts}. The bins from `low` to `high` are equally wide; bin i has counts[i] values.
  const bar_group = (d, kind) => d.add(svg('g', { class: kind }));
  // Redraws the bars in an SVG group: the bars show the part of a histogram from x_low to x_high. The highest bar fills
  // `fraction` of the plot's height.
  function move_bars(d, group, histogram, x_low, x_high, fraction) {
    const { low, high, counts } = histogram;
    const wide = (high - low) / counts.length;
    const most = Math.max(...counts, 1);
    while (group.children.length < counts.length) group.append(svg('rect', {}));
    counts.forEach((n, i) => {
      const bar = group.children[i];
      const from = Math.max(low + i * wide, x_low);
      const to = Math.min(low + (i + 1) * wide, x_high);
      const height = from < to ? (n / most) * fraction * (d.bottom - d.top) : 0;
      const width = d.x(to) - d.x(from);
      bar.setAttribute('x', d.x(Math.min(from, x_high)));
      bar.setAttribute('width', Math.max(1.5, width - (width > 3 ? 0.6 : 0)));
      bar.setAttribute('y', d.bottom - height);
      bar.setAttribute('height', height);
    });
  }
  function count_at(histogram, v) {
    const { low, high, counts } = histogram;
    return counts[Math.floor(((v - low) / (high - low)) * counts.length)] ?? 0;
  }

  // Returns a drawing as the text of an SVG file. The file needs no style sheet: styles are attributes.
  const kept = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin', 'opacity', 'visibility'];
  const of_text = ['font-family', 'font-size', 'font-weight'];
  function svg_text(root) {
    const copy = root.cloneNode(true);
    const [, , width, height] = root.getAttribute('viewBox').split(' ');
    const originals = root.querySelectorAll('*');
    copy.querySelectorAll('*').forEach((node, i) => {
      const style = getComputedStyle(originals[i]);
      const names = node.localName === 'text' ? [...kept, ...of_text] : kept;
      for (const name of names) node.setAttribute(name, style.getPropertyValue(name));
      if (style.vectorEffect !== 'none') node.setAttribute('vector-effect', style.vectorEffect);
      node.removeAttribute('class');
    });
    for (const [name, value] of Object.entries({ width, height })) copy.setAttribute(name, value);
    for (const name of ['role', 'aria-label', 'tabindex']) copy.removeAttribute(name);
    copy.prepend(
      svg('title', {}, root.getAttribute('aria-label')),
      svg('rect', { width, height, fill: color('--panel') }),
    );
    // An <image> replaces each canvas in the SVG file. The page has no <image>: its security policy blocks images.
    const box = root.getBoundingClientRect();
    const scale = width / box.width;
    const images = Array.from(root.parentNode.querySelectorAll('canvas'), (canvas) => {
      const at = canvas.getBoundingClientRect();
      const place = { x: at.x - box.x, y: at.y - box.y, width: at.width, height: at.height };
      const sizes = Object.entries(place).map(([name, value]) => `${name}="${value * scale}"`);
      const rendering = canvas.classList.contains('smooth') ? 'auto' : 'pixelated';
      const href = canvas.toDataURL();
      return `<image ${sizes.join(' ')} preserveAspectRatio="none" image-rendering="${rendering}" href="${href}"/>`;
    });
    return new XMLSerializer()
      .serializeToString(copy)
      .replace(/<rect [^>]*>(<\/rect>)?/, (rect) => rect + images.join(''));
  }
  function save(root) {
    const name = `${document.title} ${root.getAttribute('aria-label')}`;
    const link = html('a', { download: `${name.replace(/[^\p{L}\p{N}]+/gu, '-').slice(0, 100)}.svg` });
    link.href = URL.createObjectURL(new Blob([svg_text(root)], { type: 'image/svg+xml' }));
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // The tooltip is a box near a point of the window. It shows the lines of text that describe(place) returns.
  const tip = html('div', { id: 'tip', role: 'status', hidden: 'hidden' });
  document.body.append(tip);
  let shown = null;
  function refresh_tip() {
    const lines = shown?.describe(shown.place);
    tip.hidden = !lines;
    if (!lines) return;
    tip.replaceChildren(...lines.map((line, i) => html('div', i === 0 ? { class: 'head' } : {}, line)));
    const box = tip.getBoundingClientRect();
    const above = shown.y - box.height - 12;
    tip.style.left = `${Math.max(4, Math.min(shown.x + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${shown.y + 20 + box.height > innerHeight ? above : shown.y + 16}px`;
  }
  function show_tip(next) {
    shown = next;
    refresh_tip();
  }
  // Hides the tooltip when the pointer is outside all charts: a chart that was redrawn gets no `pointerleave` event.
  document.addEventListener('pointermove', (event) => {
    if (shown && !event.target.closest?.('svg')) show_tip(null);
  });
  // Shows a tooltip at the pointer. The keys ↑ and ↓ move the tooltip through the points [x, y] in the list `places`.
  // find(x, y) returns the thing at a point: a bar, a cell, … or null. Without `find`, the thing is the point [x, y].
  // describe(thing) returns the lines of the tooltip, or null for no tooltip. A click or Enter calls pick(thing).
  const across = (d) =>
    indices(20).map((i) => [d.left + ((d.right - d.left) * (i + 0.5)) / 20, (d.top + d.bottom) / 2]);
  function explain(d, { describe, find = (x, y) => [x, y], places = across(d), pick }) {
    const { root } = d;
    const scale = () => root.getBoundingClientRect().width / d.width;
    function show_at(x, y) {
      const box = root.getBoundingClientRect();
      const place = find(x, y);
      show_tip(place === null ? null : { describe, place, x: box.left + x * scale(), y: box.top + y * scale() });
    }
    function location(event) {
      const box = root.getBoundingClientRect();
      return [(event.clientX - box.left) / scale(), (event.clientY - box.top) / scale()];
    }
    const pick_at = (x, y) => {
      const place = find(x, y);
      if (pick && place !== null) pick(place);
    };
    root.addEventListener('pointermove', (event) => show_at(...location(event)));
    root.addEventListener('pointerleave', () => show_tip(null));
    root.addEventListener('click', (event) => pick_at(...location(event)));
    let at = 0;
    root.addEventListener('focus', () => {
      if (root.matches(':focus-visible')) show_at(...places[at]);
    });
    root.addEventListener('blur', () => show_tip(null));
    root.addEventListener('keydown', (event) => {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (step !== undefined) {
        at = (at + step + places.length) % places.length;
        show_at(...places[at]);
      } else if (event.key === 'Enter') pick_at(...places[at]);
      else if (event.key === 's') save(root);
      else if (event.key === 'Escape') show_tip(null);
      else return;
      event.preventDefault();
    });
  }

  const log10 = (v) => (v > 0 && Number.isFinite(v) ? Math.log10(v) : Number.NaN);

  // Draws lines over the epochs 0 … last. A series is {name, color, dashed, x, y}; null in y is a gap. If the mouse is
  // nearest to epochs[k], the tooltip shows describe(k), and a click calls pick(k). The returned function marks an
  // epoch; its arguments are this epoch and a list with the value of each series at this epoch.
  function curves(host, { title, last, series, logarithmic, range, epochs, describe, pick }) {
    const d = drawing(host, 240, [30, 18, 34, 52], title);
    d.x_axis(0, last);
    const [low, high] = logarithmic ? range.map(Math.log10) : range;
    const pad = 0.04 * (high - low);
    d.y_axis(low - pad, high + pad);
    if (logarithmic) d.y_ticks(log_ticks(low, high, 8), log_label);
    else d.y_ticks(ticks(low, high, 5));
    const height = (v) => d.y(logarithmic ? log10(v) : v);
    d.x_ticks(ticks(0, last, d.width > 420 ? 8 : 4).filter(Number.isInteger));
    d.add(text(d.right, d.height - 4, 'epoch', 'tick', 'end'));
    d.title(title);
    let right = d.right;
    for (const { name, color: of } of series.length > 3 ? [] : [...series].reverse()) {
      d.add(text(right, 16, name, 'legend', 'end')).style.fill = color(of);
      right -= 8 * name.length + 14;
    }
    const clip = d.clip();
    for (const { color: of, dashed, x, y } of series) {
      let path = '';
      let open = false;
      y.forEach((v, j) => {
        const drawn = v !== null && Number.isFinite(height(v));
        if (drawn) path += `${open ? 'L' : 'M'}${d.x(x[j]).toFixed(2)} ${height(v).toFixed(2)}`;
        open = drawn;
      });
      const line = svg('path', { d: path, class: dashed ? 'curve dashed' : 'curve', 'clip-path': clip });
      d.add(line).setAttribute('stroke', color(of));
    }
    // A curve with only one value, such as the score on the test rows, is drawn as a small circle.
    for (const { color: of, x, y } of series) {
      if (x.length !== 1 || !Number.isFinite(height(y[0]))) continue;
      d.add(svg('circle', { cx: d.x(x[0]), cy: height(y[0]), r: 5, class: 'ring', stroke: color(of) }));
    }
    const line = d.add(svg('line', { y1: d.top, y2: d.bottom, class: 'now' }));
    const dots = series.map(({ color: of }) => d.add(svg('circle', { r: 4, class: 'dot', fill: color(of) })));
    const nearest = (x) => {
      const distance = (k) => Math.abs(d.x(epochs[k]) - x);
      return indices(epochs.length).reduce((best, k) => (distance(k) < distance(best) ? k : best), 0);
    };
    const places = epochs.map((epoch) => [d.x(epoch), (d.top + d.bottom) / 2]);
    explain(d, { find: nearest, describe, places, pick });
    return (epoch, values) => {
      line.setAttribute('x1', d.x(epoch));
      line.setAttribute('x2', d.x(epoch));
      values.forEach((v, i) => {
        const y = Number.isFinite(v) ? height(v) : Number.NaN;
        dots[i].setAttribute('visibility', Number.isFinite(y) ? 'visible' : 'hidden');
        dots[i].setAttribute('cx', d.x(epoch));
        dots[i].setAttribute('cy', Number.isFinite(y) ? Math.max(d.top, Math.min(d.bottom, y)) : d.top);
      });
    };
  }

  // Draws σ (solid line) and σ′ (dashed line) over the histogram of z. curve.sigma and curve.derivative are SVG
  // paths "Mz aLz a…" in the units of the axes; curve.saturated has the intervals of z to shade. The returned function
  // draws the histogram {low, high, counts}. If σ has a learned slope α for z < 0, the function also takes
  // {alpha, saturation}, redraws σ and σ′, and shades the z for which |σ′(z)| < saturation × max |σ′|.
  const points_of = (path) =>
    path
      .slice(1)
      .split('L')
      .map((pair) => pair.split(' '));
  function sigma(host, { label, curve, z_axis, a_axis, note }) {
    const [low, high] = z_axis;
    const d = drawing(host, 216, [note ? 24 : 8, 12, 32, 34], label);
    d.x_axis(low, high);
    d.y_axis(...a_axis);
    const clip = d.clip();
    const zones = d.add(svg('g', { class: 'saturated' }));
    const shade = (from, to) => {
      const x = d.x(Math.max(from, low));
      const width = Math.max(0, d.x(Math.min(to, high)) - x);
      zones.append(svg('rect', { x, y: d.top, height: d.bottom - d.top, width }));
    };
    for (const [from, to] of curve.saturated) shade(from, to);
    d.y_ticks(ticks(...a_axis, 4));
    if (note) d.add(text(d.left, 14, note, 'legend', 'start'));
    const bars = bar_group(d, 'counts');
    d.x_ticks(ticks(low, high, 6));
    d.add(text(d.right, d.height - 3, 'z', 'tick', 'end'));
    const transform = `translate(${d.x(0)} ${d.y(0)}) scale(${d.x(1) - d.x(0)} ${d.y(1) - d.y(0)})`;
    const value = svg('path', { d: curve.sigma, class: 'sigma' });
    const derivative = svg('path', { d: curve.derivative, class: 'derivative' });
    d.add(svg('g', { 'clip-path': clip }, svg('g', { transform }, value, derivative)));
    const beyond_low = d.add(text(d.left + 4, d.top + 12, '', 'beyond', 'start'));
    const beyond_high = d.add(text(d.right - 4, d.top + 12, '', 'beyond', 'end'));
    const on_curve = points_of(curve.sigma);
    const on_derivative = points_of(curve.derivative);
    let histogram = { low: 0, high: 1, counts: [0] };
    let learned = null;
    explain(d, {
      // Finds the computed point of σ and σ′ nearest to the pointer. Straight lines connect the computed points.
      find: (x) => {
        const z = low + d.u(x) * (high - low);
        if (z < low || z > high) return null;
        const distance = (i) => Math.abs(on_curve[i][0] - z);
        return indices(on_curve.length).reduce((best, i) => (distance(i) < distance(best) ? i : best), 0);
      },
      describe: (i) => {
        const z = Number(on_curve[i][0]);
        const slope = learned && z <= 0 ? learned.alpha : 1;
        const [a, da] = learned ? [slope * z, slope] : [on_curve[i][1], on_derivative[i][1]];
        const count = `${count_at(histogram, z)} of ${sum(histogram.counts)} z in this bin`;
        return [`z = ${z}`, `σ(z) = ${a}`, `σ′(z) = ${da}`, count];
      },
      places: indices(4 * (high - low) + 1).map((i) => [d.x(low + i / 4), (d.top + d.bottom) / 2]),
    });
    return (next, slope) => {
      histogram = next;
      learned = slope;
      move_bars(d, bars, histogram, low, high, 0.92);
      const wide = (histogram.high - histogram.low) / histogram.counts.length;
      const total = sum(histogram.counts) || 1;
      const fraction = (is_there) =>
        sum(histogram.counts.filter((_, i) => is_there(histogram.low + (i + 0.5) * wide))) / total;
      const below = fraction((z) => z < low);
      const above = fraction((z) => z > high);
      beyond_low.textContent = below > 0 ? `◂ ${percent(below)}` : '';
      beyond_high.textContent = above > 0 ? `${percent(above)} ▸` : '';
      if (!learned) return;
      const { alpha, saturation } = learned;
      value.setAttribute('d', `M-1000 ${-1000 * alpha}L0 0L1000 1000`);
      derivative.setAttribute('d', `M-1000 ${alpha}L0 ${alpha}L0 1L1000 1`);
      const limit = saturation * Math.max(1, Math.abs(alpha));
      zones.replaceChildren();
      if (Math.abs(alpha) < limit) shade(low, 0);
      if (limit > 1) shade(0, high);
    };
  }

  // Makes a small chart. The returned function takes a histogram {low, high, counts} and r: the axis is from −r to r.
  function histogram(host, { title, kind, label = title }) {
    const d = drawing(host, 92, [20, 6, 20, 6], label);
    const bars = bar_group(d, `counts ${kind}`);
    d.add(svg('line', { x1: d.left, x2: d.right, y1: d.bottom, y2: d.bottom, class: 'axis' }));
    d.add(text(d.left, 13, title, 'legend', 'start'));
    const low_end = d.add(text(d.left, d.height - 5, '', 'tick', 'start'));
    const high_end = d.add(text(d.right, d.height - 5, '', 'tick', 'end'));
    const middle = (d.left + d.right) / 2;
    d.add(svg('line', { x1: middle, x2: middle, y1: d.top, y2: d.bottom, class: 'grid' }));
    let now = { low: 0, high: 1, counts: [0] };
    let reach = 1;
    const bin = () => (now.high - now.low) / now.counts.length;
    const n = 41;
    explain(d, {
      find: (x) => (d.u(x) < 0 || d.u(x) > 1 ? null : 2 * d.u(x) - 1),
      describe: (u) => {
        const v = u * reach;
        const count = `${count_at(now, v)} of ${sum(now.counts)} in a bin of ${short(bin())}`;
        return [`${title} ≈ ${short(v)}`, count, `all from ${now.low} to ${now.high}`];
      },
      places: indices(n).map((i) => [d.left + ((d.right - d.left) * i) / (n - 1), d.bottom - 4]),
    });
    return (next, next_reach) => {
      now = next;
      reach = next_reach || 1;
      d.x_axis(-reach, reach);
      low_end.textContent = short(-reach, 2);
      high_end.textContent = short(reach, 2);
      move_bars(d, bars, now, -reach, reach, 1);
    };
  }

  // Draws a bar chart of the layers 1 … L with a logarithmic axis from about 10^low to 10^high. Call the returned
  // function with one list of L values for each run. `colors` has one colour for each run. If `factor` is true, the
  // values are factors and the bars begin at 1. Without `colors`, factors above 1 and below 1 have different colours.
  function layer_bars(host, { title, about, factor, low, high, layers: L, colors = [], describe }) {
    const d = drawing(host, 200, [30, 12, 34, 52], title);
    const from = factor ? Math.min(low, -0.1) : Math.floor(low - 0.2);
    const to = factor ? Math.max(high, 0.1) : high;
    d.x_axis(0.5, L + 0.5);
    d.y_axis(from, to + 0.04 * (to - from));
    d.y_ticks(log_ticks(from, to, 6), log_label);
    const step = Math.ceil(L / (d.width > 420 ? 24 : 12));
    d.x_ticks(
      indices(L)
        .filter((l) => l % step === 0)
        .map((l) => l + 1),
    );
    d.title(title);
    d.legend(about);
    d.add(text(d.right, d.height - 4, 'layer', 'tick', 'end'));
    const sets = Math.max(colors.length, 1);
    const half = Math.min(18, 0.36 * (d.x(1) - d.x(0)));
    const floor = factor ? d.y(0) : d.bottom;
    if (factor) d.add(svg('line', { x1: d.left, x2: d.right, y1: floor, y2: floor, class: 'axis' }));
    const bars = indices(sets * L).map((i) => {
      const x = d.x(Math.floor(i / sets) + 1) - half + ((i % sets) * 2 * half) / sets;
      const bar = d.add(svg('rect', { x, width: (2 * half) / sets, rx: 1.5, class: 'bar' }));
      if (colors.length > 0) bar.style.fill = color(colors[i % sets]);
      return bar;
    });
    explain(d, {
      find: (x) => {
        const l = Math.round(d.u(x) * L + 0.5) - 1;
        return l < 0 || l >= L ? null : l;
      },
      describe,
      places: indices(L).map((l) => [d.x(l + 1), (d.top + d.bottom) / 2]),
    });
    return (...values) => {
      bars.forEach((bar, i) => {
        const v = log10(values[i % sets][Math.floor(i / sets)]);
        const y = Number.isFinite(v) ? d.y(Math.max(v, from)) : floor;
        bar.setAttribute('y', Math.min(y, floor));
        bar.setAttribute('height', Math.abs(y - floor));
        if (factor && colors.length === 0) bar.setAttribute('class', v > 0 ? 'bar grows' : 'bar shrinks');
      });
    };
  }

  // Draws a heat map: row 0 is at the top, column k is for epochs[k]. color_at(row, k) returns the colour of a cell or
  // null. describe([row, k]) returns the tooltip of a cell; a click on a cell calls pick([row, k]). `row_ticks` has
  // labels [row, text]. `scale` is {low, high, color_of}, for the legend. The returned function marks column k.
  function cell_map(host, { label, title, height, rows, epochs, row_ticks, color_at, describe, pick, scale }) {
    const F = epochs.length;
    const d = drawing(host, 58 + height, [30, 12, 34, 52], label);
    d.x_axis(0, F);
    d.y_axis(rows, 0);
    paint(d.cells(F, rows), color_at);
    d.add(text(d.left - 40, 16, title, title === 'layer' ? 'tick' : 'title', 'start'));
    for (const [row, words] of row_ticks) d.add(text(d.left - 6, d.y(row + 0.5) + 4, words, 'tick', 'end'));
    const count = d.width > 420 ? 6 : 4;
    for (const k of new Set(indices(count).map((i) => Math.round((i * (F - 1)) / (count - 1))))) {
      d.add(text(d.x(k + 0.5), d.bottom + 16, String(epochs[k])));
    }
    d.add(text(d.right, d.height - 2, 'epoch', 'tick', 'end'));
    if (scale) {
      const from = Math.max(d.left + 40, d.right - 200);
      const steps = 40;
      const span = Math.max(0, d.right - 48 - from);
      for (let i = 0; i < steps; ++i) {
        const fill = css(scale.color_of(scale.low + ((scale.high - scale.low) * i) / (steps - 1)));
        d.add(svg('rect', { x: from + (i * span) / steps, y: 8, width: span / steps + 0.6, height: 9, fill }));
      }
      d.add(text(from - 6, 17, short(10 ** scale.low, 2), 'tick', 'end'));
      d.add(text(d.right - 42, 17, short(10 ** scale.high, 2), 'tick', 'start'));
    }
    const width = Math.max(d.x(1) - d.x(0), 2);
    const marker = d.add(svg('rect', { y: d.top - 2, height: d.bottom - d.top + 4, width, class: 'marker' }));
    let now = 0;
    const find = (x, y) => {
      const k = Math.floor(d.u(x) * F);
      const row = Math.floor((1 - d.v(y)) * rows);
      return k < 0 || k >= F || row < 0 || row >= rows ? null : [row, k];
    };
    const places = indices(rows).map((row) => [0, d.y(row + 0.5)]);
    explain(d, { find, describe, places, pick });
    return (k) => {
      now = k;
      marker.setAttribute('x', d.x(now));
      for (const place of places) place[0] = d.x(now + 0.5); // the keys ↑ and ↓ move the tooltip within column k
    };
  }

  // A legend of the classes with their colours.
  const class_color = (k) => `--class-${k % 8}`;
  function key(names, colors = names.map((_, k) => class_color(k))) {
    const items = names.map((name, k) => {
      const mark = html('i', {});
      mark.style.background = color(colors[k]);
      return html('span', {}, mark, name);
    });
    return html('div', { class: 'key' }, ...items);
  }

  // Draws decision regions over two inputs. `columns` has the inputs' names; each point in `points` is [x, y, class].
  // Returns draw(cell). cell(i, j) must return [predicted class, probability] for row i, column j of side × side cells.
  function field(host, { columns, low, high, side, classes, points }) {
    const K = classes.length;
    const fine = 4 * side;
    const width = Math.min(host.clientWidth, 560);
    const d = drawing(host, Math.round(width * 0.86), [30, 12, 46, 46], 'decision regions');
    d.x_axis(low[0], high[0]);
    d.y_axis(low[1], high[1]);
    const canvas = d.cells(fine, fine);
    canvas.classList.add('smooth');
    d.x_ticks(ticks(low[0], high[0], 5));
    for (const v of ticks(low[1], high[1], 5)) d.add(text(d.left - 6, d.y(v) + 4, String(v), 'tick', 'end'));
    d.title('decision regions');
    d.x_title(columns[0]);
    d.y_title(columns[1]);
    const r = points.length > 100 ? 3.2 : 6;
    for (const [x, y, k] of points) {
      d.add(svg('circle', { cx: d.x(x), cy: d.y(y), r, class: 'point', fill: color(class_color(k)) }));
    }
    host.append(key(classes));
    const colors = indices(K).map((c) => rgb(class_color(c)));
    const base = rgb('--panel');
    let cell = () => [0, 0];
    explain(d, {
      find: (x, y) => {
        const [u, v] = [d.u(x), d.v(y)];
        return u < 0 || u > 1 || v < 0 || v > 1 ? null : [u, v];
      },
      describe: ([u, v]) => {
        const [k, probability] = cell(Math.round(v * (side - 1)), Math.round(u * (side - 1)));
        return [
          `${classes[k]}, p ≈ ${short(probability)}`,
          `${columns[0]} ${short(low[0] + u * (high[0] - low[0]))}`,
          `${columns[1]} ${short(low[1] + v * (high[1] - low[1]))}`,
        ];
      },
      places: indices(100).map((i) => {
        const x = d.left + ((d.right - d.left) * ((i % 10) + 0.5)) / 10;
        return [x, d.top + ((d.bottom - d.top) * (Math.floor(i / 10) + 0.5)) / 10];
      }),
    });
    return (next) => {
      cell = next;
      // A cell has only the probability q of its predicted class. Each other class gets probability (1 − q) / (K − 1).
      const p = new Float32Array(side * side * K);
      for (let i = 0; i < side; ++i) {
        for (let j = 0; j < side; ++j) {
          const [predicted, probability] = cell(i, j);
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
    };
  }

  // Plots the outputs at `side` values of the only input x, from low to high. `points` are data rows [x, y₁, y₂, …].
  // The returned function takes a list: all outputs at the first x, then all outputs at the second x, …. Null is a gap.
  function fit(host, { column, targets, low, high, side, points }) {
    const K = targets.length;
    const ys = extent(points.flatMap((point) => point.slice(1)));
    const pad = 0.15 * (ys[1] - ys[0]);
    const height = Math.round(Math.max(260, Math.min(0.75 * host.clientWidth, 500)));
    const d = drawing(host, height, [30, 12, 46, 52], 'fitted curve');
    d.x_axis(low, high);
    d.y_axis(ys[0] - pad, ys[1] + pad);
    d.x_ticks(ticks(low, high, 6));
    d.y_ticks(ticks(ys[0] - pad, ys[1] + pad, 6));
    d.title('fitted curve');
    d.legend(targets.join(', '));
    d.x_title(column);
    const clip = d.clip();
    const x_of = (i) => low + ((high - low) * i) / (side - 1);
    for (const [x, ...y] of points) {
      y.forEach((v, c) => {
        d.add(svg('circle', { cx: d.x(x), cy: d.y(v), r: 2.6, class: 'sample', fill: color(class_color(c)) }));
      });
    }
    const paths = indices(K).map(() => d.add(svg('path', { class: 'curve fit', 'clip-path': clip })));
    let outputs = [];
    explain(d, {
      find: (x) => (d.u(x) < 0 || d.u(x) > 1 ? null : Math.round(d.u(x) * (side - 1))),
      describe: (i) => [
        `${column} ${x_of(i)}`,
        ...targets.map((target, c) => `${target} ${outputs[i * K + c] ?? '–'}`),
      ],
      places: indices(side).map((i) => [d.x(x_of(i)), (d.top + d.bottom) / 2]),
    });
    return (next) => {
      outputs = next;
      paths.forEach((path, c) => {
        let at = '';
        let open = false;
        for (let i = 0; i < side; ++i) {
          const v = outputs[i * K + c];
          if (v !== null) {
            const y = Math.max(-1e5, Math.min(1e5, d.y(v)));
            at += `${open ? 'L' : 'M'}${d.x(x_of(i)).toFixed(2)} ${y.toFixed(2)}`;
          }
          open = v !== null;
        }
        path.setAttribute('d', at);
      });
    };
  }

  // Draws an empty confusion matrix. The returned function fills in the list of K × K counts (actual × predicted).
  function confusion(host, { title, classes }) {
    const K = classes.length;
    const width = Math.min(host.clientWidth, 560);
    const longest = Math.max(...classes.map((name) => cut(name, 12).length));
    const d = drawing(host, Math.round(width * 0.9), [30, 12, 58, Math.min(40 + 7 * longest, 0.4 * width)], title);
    d.x_axis(0, K);
    d.y_axis(K, 0);
    d.add(text(2, 16, title, 'title', 'start'));
    d.x_title('predicted class');
    d.y_title('actual class');
    const boxes = [];
    const wide = d.x(1) - d.x(0);
    const high = d.y(1) - d.y(0);
    for (let i = 0; i < K; ++i) {
      const name = cut(classes[i], 12);
      const below = text(d.x(i + 0.5), d.bottom + 16, name);
      if (name.length * 7 > wide) {
        below.setAttribute('transform', `rotate(-30 ${d.x(i + 0.5)} ${d.bottom + 12})`);
        below.setAttribute('text-anchor', 'end');
      }
      d.add(below, text(d.left - 6, d.y(i + 0.5) + 4, name, 'tick', 'end'));
      for (let j = 0; j < K; ++j) {
        const size = { width: Math.max(wide - 1, 0.5), height: Math.max(high - 1, 0.5), rx: Math.min(2, wide / 4) };
        const box = d.add(svg('rect', { x: d.x(j) + 0.5, y: d.y(i) + 0.5, ...size }));
        boxes.push([box, wide > 22 ? d.add(text(d.x(j + 0.5), d.y(i + 0.5) + 4, '', 'cell')) : null]);
      }
    }
    let counts = [];
    explain(d, {
      find: (x, y) => {
        const j = Math.floor((x - d.left) / wide);
        const i = Math.floor((y - d.top) / high);
        return i < 0 || i >= K || j < 0 || j >= K ? null : [i, j];
      },
      describe: ([i, j]) => {
        const rows = `${counts[i * K + j]} of ${sum(counts.slice(i * K, (i + 1) * K))} rows of this class have this prediction`;
        return [rows, `actual class ${classes[i]}`, `predicted class ${classes[j]}`];
      },
      places: indices(K * K).map((at) => [d.x((at % K) + 0.5), d.y(Math.floor(at / K) + 0.5)]),
    });
    return (next) => {
      counts = next;
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
    };
  }

  // Makes places for up to `most` small pictures of rows × columns pixels. On a narrow page, fewer places fit. If
  // `captions` is true, each place has room for a caption. Returns show(draw, title_for). draw(i) must return {caption,
  // color_at(pixel), describe(pixel)} for place i, or null for an empty place. title_for(n) is the title for n places.
  function tiles(host, { title, rows, columns, most, most_rows = 9, size = 56, captions = false }) {
    const fitting = Math.max(1, Math.floor((Math.max(host.clientWidth, 120) - 4) / (size + 6)));
    const count = Math.min(most, fitting * most_rows);
    const across = Math.min(count, fitting);
    const down = Math.ceil(count / across);
    const high = Math.round((size * rows) / columns);
    const step = high + (captions ? 22 : 6);
    const d = drawing(host, 28 + down * step, [26, 0, 0, 0], title);
    const head = d.add(text(2, 16, title, 'title', 'start'));
    const places = indices(count).map((i) => [2 + (i % across) * (size + 6), 26 + Math.floor(i / across) * step]);
    const canvases = places.map(([x, y]) =>
      d.place(html('canvas', { width: columns, height: rows }), x, y, size, high),
    );
    const words = places.map(([x, y]) => d.add(text(x + size / 2, y + high + 14, '')));
    let shown_tiles = [];
    const find = (x, y) => {
      const i = places.findIndex(([left, top]) => x >= left && x < left + size && y >= top && y < top + high);
      if (i < 0 || !shown_tiles[i]) return null;
      const row = Math.floor(((y - places[i][1]) / high) * rows);
      return [i, row * columns + Math.floor(((x - places[i][0]) / size) * columns)];
    };
    const describe = ([i, pixel]) => shown_tiles[i]?.describe(pixel) ?? null;
    explain(d, { find, describe, places: places.map(([x, y]) => [x + size / 2, y + high / 2]) });
    return (draw, title_for = () => title) => {
      head.textContent = title_for(count);
      shown_tiles = indices(count).map(draw);
      shown_tiles.forEach((tile, i) => {
        words[i].textContent = tile?.caption ?? '';
        paint(canvases[i], (row, column) => tile?.color_at(row * columns + column) ?? null);
      });
    };
  }

  return {
    ...{ html, svg, text, color, rgb, mix, css, size_color, factor_color, short, percent, sum, indices, cut },
    ...{ extent, ticks, log_ticks, log_label, log10, drawing, paint, bar_group, move_bars, explain, refresh_tip },
    ...{ key, class_color, svg_text, formulas, about },
    ...{ curves, sigma, histogram, layer_bars, cell_map, field, fit, confusion, tiles },
  };
})();
