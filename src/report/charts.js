// Charts in SVG for any page of primer: elements, colours, numbers, axes, cells, histograms and the tooltip. This script
// does not know what a run is. It puts names on the page as text only, and it never asks the network for anything.
window.charts = (() => {
  'use strict';

  // Elements
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

  // Colours: custom properties of the style sheet, and lists of red, green and blue
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
  // From dark to bright for t from 0 to 1.
  function size_color(t) {
    const at = Math.min(Math.max(t, 0), 1) * (ramp.length - 1);
    const i = Math.min(Math.floor(at), ramp.length - 2);
    return mix(ramp[i], ramp[i + 1], at - i);
  }
  // For a factor: blue for t = −1, neutral for 0, orange for 1.
  const factor_color = (t) => mix(rgb('--neutral'), rgb(t > 0 ? '--grows' : '--shrinks'), Math.min(Math.abs(t), 1));

  // Numbers as text
  const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
  const power = (n) =>
    `10${String(n)
      .replace('-', '⁻')
      .replace(/[0-9]/g, (digit) => superscripts[digit])}`;
  function short(value, digits = 3) {
    if (value === '' || value === null || value === undefined) return '–';
    const v = Number(value);
    if (v === 0 || !Number.isFinite(v)) return String(v);
    const size = Math.abs(v);
    if (size >= 1e5 || size < 1e-3) return v.toExponential(digits - 1).replace('e+', 'e');
    return String(Number(v.toPrecision(digits)));
  }
  const percent = (value) => (value === '' ? '–' : `${short(100 * Number(value), Number(value) > 0.1 ? 3 : 2)} %`);

  // Axes
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
  // On a logarithmic axis: the exponents of 1, 2, 5, 10, …, or of powers of ten alone if the axis is long.
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

  // A drawing is an SVG as wide as its host, with margins (top, right, bottom, left), a scale for each axis, and cells
  // that are painted below it.
  let clips = 0;
  function drawing(host, height, margin, label) {
    const width = Math.max(host.clientWidth, 120);
    const root = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': label });
    const frame = html('div', { class: 'frame' }, root);
    host.replaceChildren(frame);
    const d = { root, width, height, left: margin[3], right: width - margin[1], top: margin[0] };
    d.bottom = height - margin[2];
    d.add = (...nodes) => {
      root.append(...nodes);
      return nodes[0];
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
    // A canvas under the plot area, with one pixel for each cell.
    d.cells = (columns, rows) => {
      const canvas = html('canvas', { width: columns, height: rows });
      canvas.style.left = `${(100 * d.left) / width}%`;
      canvas.style.top = `${(100 * d.top) / height}%`;
      canvas.style.width = `${(100 * (d.right - d.left)) / width}%`;
      canvas.style.height = `${(100 * (d.bottom - d.top)) / height}%`;
      frame.prepend(canvas);
      return canvas;
    };
    // Where a location in the drawing lies in the plot area: 0 … 1 from the left and from the bottom.
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

  // A histogram: `counts` in equal bins from `low` to `high`
  function bar_group(d, count, kind) {
    const group = svg('g', { class: kind });
    for (let i = 0; i < count; ++i) group.append(svg('rect', {}));
    return d.add(group);
  }
  // Moves the bars of a group to a histogram, cut to x_low … x_high. The highest one fills `fraction` of the plot's height.
  function move_bars(d, group, histogram, x_low, x_high, fraction) {
    const { low, high, counts } = histogram;
    const wide = (high - low) / counts.length;
    const most = Math.max(...counts, 1);
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

  // The tooltip
  const tip = html('div', { id: 'tip', hidden: 'hidden' });
  document.body.append(tip);
  function show_tip(event, lines) {
    tip.replaceChildren(...lines.map((line, i) => html('div', i === 0 ? { class: 'head' } : {}, line)));
    tip.hidden = false;
    const box = tip.getBoundingClientRect();
    const above = event.clientY - box.height - 12;
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8))}px`;
    tip.style.top = `${event.clientY + 20 + box.height > innerHeight ? above : event.clientY + 16}px`;
  }
  // describe(x, y) says in lines of text what lies at a location in the drawing, or gives null. A click calls
  // pick(index_at(x, y)) unless the index is null.
  function explain(d, describe, index_at, pick) {
    const at = (event) => {
      const box = d.root.getBoundingClientRect();
      return [((event.clientX - box.left) * d.width) / box.width, ((event.clientY - box.top) * d.height) / box.height];
    };
    d.root.addEventListener('pointermove', (event) => {
      const lines = describe(...at(event));
      if (lines) show_tip(event, lines);
      else tip.hidden = true;
    });
    d.root.addEventListener('pointerleave', () => {
      tip.hidden = true;
    });
    if (!index_at) return;
    d.root.addEventListener('click', (event) => {
      const index = index_at(...at(event));
      if (index !== null) pick(index);
    });
  }

  return {
    ...{ html, svg, text, color, rgb, mix, css, size_color, factor_color, short, percent },
    ...{ extent, ticks, log_ticks, log_label, drawing, paint, bar_group, move_bars, count_at, explain },
  };
})();
