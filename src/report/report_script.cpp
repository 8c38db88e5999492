// What moves in report.html: charts, slider and keyboard. Plain JavaScript without a library; it reads the run from the
// page, asks no one for anything and puts names on the page as text only.
#include "report_parts.hpp"

namespace primer {

const char* const report_script = R"js('use strict';
(function () {
const run = JSON.parse(document.getElementById('run').textContent);
const epochs = run.epochs;
const L = run.layers.length;
const SVG = 'http://www.w3.org/2000/svg';
const HTML = 'http://www.w3.org/1999/xhtml';
const byId = (id) => document.getElementById(id);
let now = epochs.length - 1;    // index of the epoch shown
let updates = [];               // what each chart does when the epoch changes

// Elements -----------------------------------------------------------------------------------------------------------
function make(space, tag, attributes, ...children) {
  const node = document.createElementNS(space, tag);
  for (const name in attributes) node.setAttribute(name, attributes[name]);
  for (const child of children) node.append(child);
  return node;
}
const html = (tag, attributes, ...children) => make(HTML, tag, attributes, ...children);
const svg = (tag, attributes, ...children) => make(SVG, tag, attributes, ...children);
const text = (x, y, words, kind, anchor) =>
  svg('text', {x: x, y: y, class: kind || 'tick', 'text-anchor': anchor || 'middle'}, words);
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
function rgb(name) {
  const hex = color(name).slice(1);
  return [0, 2, 4].map((i) => parseInt(hex.slice(i, i + 2), 16));
}
const mix = (a, b, t) => a.map((v, i) => v + (b[i] - v) * t);
const css = (c) => 'rgb(' + c.map(Math.round).join(',') + ')';
const class_name = (k) => run.classes[k] === undefined ? String(k) : run.classes[k];
const class_color = (k) => '--class-' + k % 8;

// Numbers ------------------------------------------------------------------------------------------------------------
const superscripts = '⁰¹²³⁴⁵⁶⁷⁸⁹';
const power = (n) => '10' + String(n).replace('-', '⁻').replace(/[0-9]/g, (d) => superscripts[d]);
function short(value, digits) {
  if (value === '' || value === null || value === undefined) return '–';
  const v = Number(value);
  if (v === 0 || !isFinite(v)) return String(v);
  const size = Math.abs(v);
  if (size >= 1e5 || size < 1e-3) return v.toExponential((digits || 3) - 1).replace('e+', 'e');
  return String(Number(v.toPrecision(digits || 3)));
}
const percent = (value) => value === '' ? '–' : short(100 * Number(value), Number(value) > 0.1 ? 3 : 2) + ' %';
function log_ticks(low, high, most) {    // exponents of 1, 2, 5, 10, … or of powers of ten alone
  const list = [];
  for (let e = Math.floor(low); high >= e; ++e) for (const m of high - low > 2.5 ? [1] : [1, 2, 5]) list.push(e + Math.log10(m));
  const inside = list.filter((v) => v >= low && high >= v);
  const step = Math.ceil(inside.length / most);
  return inside.length === 0 ? [low, high] : inside.filter((v) => Math.round((high - low > 2.5 ? v : 0)) % step === 0);
}
const log_label = (v) => Number.isInteger(v) && Math.abs(v) > 2 ? power(v) : short(Math.pow(10, v), 2);
function ticks(low, high, most) {
  const raw = (high - low) / most;
  const unit = Math.pow(10, Math.floor(Math.log10(raw)));
  const step = unit * [1, 2, 5, 10].find((m) => m * unit >= raw);
  const list = [];
  for (let i = Math.ceil(low / step - 1e-9); high / step + 1e-9 >= i; ++i) list.push(Number((i * step).toPrecision(12)));
  return list;
}
function extent(values) {
  let low = Infinity, high = -Infinity;
  for (const v of values) if (isFinite(v) && v !== null) { low = Math.min(low, v); high = Math.max(high, v); }
  return low > high ? [0, 1] : low === high ? [low - 0.5, high + 0.5] : [low, high];
}

// A drawing: an SVG as wide as its box, with margins, a scale for each axis and room for cells painted below it ---------
function drawing(host, height, margin, label) {
  const width = Math.max(host.clientWidth, 120);
  const root = svg('svg', {viewBox: '0 0 ' + width + ' ' + height, role: 'img', 'aria-label': label});
  const frame = html('div', {class: 'frame'}, root);
  host.replaceChildren(frame);
  const d = {host: host, root: root, width: width, height: height, left: margin[3], right: width - margin[1], top: margin[0],
             bottom: height - margin[2]};
  d.add = (...nodes) => { root.append(...nodes); return nodes[0]; };
  d.x_axis = function (low, high) { d.x = (v) => d.left + (v - low) / (high - low) * (d.right - d.left); };
  d.y_axis = function (low, high) { d.y = (v) => d.bottom - (v - low) / (high - low) * (d.bottom - d.top); };
  d.x_ticks = function (list, write) {
    for (const v of list) d.add(svg('line', {x1: d.x(v), x2: d.x(v), y1: d.bottom, y2: d.bottom + 4, class: 'axis'}),
                                text(d.x(v), d.bottom + 16, (write || String)(v)));
  };
  d.y_ticks = function (list, write) {
    for (const v of list) d.add(svg('line', {x1: d.left, x2: d.right, y1: d.y(v), y2: d.y(v), class: 'grid'}),
                                text(d.left - 6, d.y(v) + 4, (write || String)(v), 'tick', 'end'));
  };
  d.clip = function () {
    const id = 'clip-' + (++drawing.count);
    d.add(svg('clipPath', {id: id}, svg('rect', {x: d.left, y: d.top, width: d.right - d.left, height: d.bottom - d.top})));
    return 'url(#' + id + ')';
  };
  d.cells = function (columns, rows) {    // a canvas under the plot area, a pixel a cell
    const canvas = html('canvas', {width: columns, height: rows});
    canvas.style.left = 100 * d.left / width + '%';
    canvas.style.top = 100 * d.top / height + '%';
    canvas.style.width = 100 * (d.right - d.left) / width + '%';
    canvas.style.height = 100 * (d.bottom - d.top) / height + '%';
    frame.prepend(canvas);
    return canvas;
  };
  return d;
}
drawing.count = 0;

function paint(canvas, color_at) {
  const context = canvas.getContext('2d');
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0, at = 0; canvas.height > i; ++i) {
    for (let j = 0; canvas.width > j; ++j, at += 4) {
      const c = color_at(i, j);
      if (c === null) continue;
      image.data[at] = c[0]; image.data[at + 1] = c[1]; image.data[at + 2] = c[2]; image.data[at + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
}

// The tooltip --------------------------------------------------------------------------------------------------------
const tip = byId('tip');
function show_tip(event, lines) {
  tip.replaceChildren(...lines.map((line, i) => html('div', i === 0 ? {class: 'head'} : {}, line)));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = Math.max(4, Math.min(event.clientX + 14, innerWidth - box.width - 8)) + 'px';
  tip.style.top = (event.clientY + 20 + box.height > innerHeight ? event.clientY - box.height - 12 : event.clientY + 16) + 'px';
}
function explain(d, describe, pick) {    // describe(x, y) in the drawing's units: lines, or null
  const at = function (event) {
    const box = d.root.getBoundingClientRect();
    return [(event.clientX - box.left) * d.width / box.width, (event.clientY - box.top) * d.height / box.height];
  };
  d.root.addEventListener('pointermove', function (event) {
    const lines = describe(...at(event));
    if (lines) show_tip(event, lines); else tip.hidden = true;
  });
  d.root.addEventListener('pointerleave', function () { tip.hidden = true; });
  if (pick) d.root.addEventListener('click', function (event) { const k = pick(...at(event)); if (k !== null) go(k); });
}
const nearest_epoch = function (epoch) {
  let best = 0;
  epochs.forEach(function (e, k) { if (Math.abs(epochs[best] - epoch) > Math.abs(e - epoch)) best = k; });
  return best;
};

// Colours of numbers: dark to bright for a size, blue to orange around 1 for a factor ------------------------------------
const ramp = [[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]];
function size_color(t) {
  const at = Math.min(Math.max(t, 0), 1) * (ramp.length - 1);
  const i = Math.min(Math.floor(at), ramp.length - 2);
  return mix(ramp[i], ramp[i + 1], at - i);
}
function factor_color(t) {    // −1 … 1
  const neutral = rgb('--neutral');
  return t > 0 ? mix(neutral, rgb('--grows'), Math.min(t, 1)) : mix(neutral, rgb('--shrinks'), Math.min(-t, 1));
}

// Loss and metric ------------------------------------------------------------------------------------------------------
const history_text = (k, column) => {
  const row = run.history.rows[k];
  const c = run.history.columns.indexOf(column);
  return row === null || c === -1 ? '' : row[c];
};
function learning_curve(host, quantity, title) {
  const kinds = ['train', 'validation'].filter((kind) => run.curves[kind + '_' + quantity] !== undefined);
  const series = kinds.map((kind) => run.curves[kind + '_' + quantity]);
  const all = extent(series.flat());
  if (quantity === 'r2') all[0] = Math.max(all[0], -1);    // below that it only says that nothing fits
  const logarithmic = quantity === 'loss' && all[0] > 0 && all[1] / all[0] > 30;
  const d = drawing(host, 240, [30, 18, 34, 52], title);
  const last = Math.max(run.curves.epoch[run.curves.epoch.length - 1] || 1, epochs[epochs.length - 1], 1);
  d.x_axis(0, last);
  if (logarithmic) {
    const low = Math.log10(all[0]), high = Math.log10(all[1]);
    d.y_axis(low - 0.04 * (high - low), high + 0.04 * (high - low));
    d.y_ticks(log_ticks(low, high, 8), log_label);
  } else {
    const pad = 0.04 * (all[1] - all[0]);
    d.y_axis(all[0] - pad, all[1] + pad);
    d.y_ticks(ticks(all[0], all[1], 5));
  }
  const height = (v) => d.y(logarithmic ? Math.log10(v) : v);
  d.x_ticks(ticks(0, last, d.width > 420 ? 8 : 4).filter(Number.isInteger));
  d.add(text(d.right, d.height - 4, 'epoch', 'tick', 'end'), text(d.left - 40, 16, title, 'title', 'start'));
  let right = d.right;
  for (let i = kinds.length - 1; i >= 0; --i) {
    const name = text(right, 16, kinds[i], 'series-' + kinds[i] + ' legend', 'end');
    d.add(name);
    right -= 8 * kinds[i].length + 14;
  }
  const clip = d.clip();
  kinds.forEach(function (kind, i) {
    let path = '', open = false;
    series[i].forEach(function (v, j) {
      if (v === null || !isFinite(height(v))) { open = false; return; }
      path += (open ? 'L' : 'M') + d.x(run.curves.epoch[j]).toFixed(2) + ' ' + height(v).toFixed(2);
      open = true;
    });
    d.add(svg('path', {d: path, class: 'curve series-' + kind, 'clip-path': clip}));
  });
  const line = d.add(svg('line', {y1: d.top, y2: d.bottom, class: 'now'}));
  const dots = kinds.map((kind) => d.add(svg('circle', {r: 4, class: 'dot series-' + kind})));
  updates.push(function () {
    line.setAttribute('x1', d.x(epochs[now]));
    line.setAttribute('x2', d.x(epochs[now]));
    kinds.forEach(function (kind, i) {
      const v = history_text(now, kind + '_' + quantity);
      const y = v === '' ? NaN : height(Number(v));
      dots[i].setAttribute('visibility', isFinite(y) ? 'visible' : 'hidden');
      if (!isFinite(y)) return;
      dots[i].setAttribute('cx', d.x(epochs[now]));
      dots[i].setAttribute('cy', y);
    });
  });
  const epoch_at = (x) => nearest_epoch((x - d.left) / (d.right - d.left) * last);
  explain(d, function (x) {
    const k = epoch_at(x);
    return ['epoch ' + epochs[k]].concat(kinds.map((kind) => kind + ' ' + (history_text(k, kind + '_' + quantity) || '–')));
  }, epoch_at);
}

// The decision regions, the fitted curve or the confusion matrix ---------------------------------------------------------
function points_of(columns) {
  const rows = [];
  for (let i = 0; run.picture.points.length > i; i += columns) rows.push(run.picture.points.slice(i, i + columns));
  return rows;
}
function field(host) {
  const p = run.picture, side = p.side, K = p.classes, fine = 4 * side;
  const width = Math.min(host.clientWidth, 560);
  const d = drawing(host, Math.round(width * 0.86), [30, 12, 46, 46], 'decision regions');
  d.x_axis(p.low[0], p.high[0]);
  d.y_axis(p.low[1], p.high[1]);
  const canvas = d.cells(fine, fine);
  canvas.classList.add('smooth');
  d.x_ticks(ticks(p.low[0], p.high[0], 5));
  for (const v of ticks(p.low[1], p.high[1], 5)) d.add(text(d.left - 6, d.y(v) + 4, String(v), 'tick', 'end'));
  d.add(text((d.left + d.right) / 2, d.height - 8, run.columns[0]), text(d.left - 40, 16, 'decision regions', 'title', 'start'));
  const name = text(0, 0, run.columns[1]);
  name.setAttribute('transform', 'translate(12 ' + (d.top + d.bottom) / 2 + ') rotate(-90)');
  d.add(name);
  const points = points_of(3);
  for (const [x, y, k] of points) {
    d.add(svg('circle', {cx: d.x(x), cy: d.y(y), r: points.length > 100 ? 3.2 : 6, class: 'point', fill: color(class_color(k))}));
  }
  const codes = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const value = {};
  for (let i = 0; codes.length > i; ++i) value[codes[i]] = i;
  const levels = Math.floor(4096 / K);
  const cell = function (k, i, j) {    // class and its probability
    const at = 2 * (i * side + j), code = 64 * value[p.frames[k][at]] + value[p.frames[k][at + 1]];
    return [Math.floor(code / levels), code % levels / (levels - 1)];
  };
  const colors = [];
  for (let c = 0; K > c; ++c) colors.push(rgb(class_color(c)));
  const base = rgb('--panel');
  updates.push(function () {
    const share = new Float32Array(side * side * K);    // what the class named does not have is spread over the others
    for (let i = 0; side > i; ++i) for (let j = 0; side > j; ++j) {
      const [named, probability] = cell(now, i, j);
      for (let c = 0; K > c; ++c) share[(i * side + j) * K + c] = c === named ? probability : (1 - probability) / (K - 1);
    }
    paint(canvas, function (row, column) {
      const v = (fine - 0.5 - row) / fine * (side - 1), u = (column + 0.5) / fine * (side - 1);
      const i = Math.min(Math.floor(v), side - 2), j = Math.min(Math.floor(u), side - 2);
      const s = v - i, t = u - j, at = (i * side + j) * K;
      let best = 0, most = -1;
      for (let c = 0; K > c; ++c) {
        const q = (1 - s) * ((1 - t) * share[at + c] + t * share[at + K + c]) +
                  s * ((1 - t) * share[at + side * K + c] + t * share[at + (side + 1) * K + c]);
        if (q > most) { most = q; best = c; }
      }
      return mix(base, colors[best], 0.12 + 0.5 * Math.max(0, (most - 1 / K) / (1 - 1 / K)));
    });
  });
  explain(d, function (x, y) {
    const u = (x - d.left) / (d.right - d.left), v = (d.bottom - y) / (d.bottom - d.top);
    if (u > 1 || v > 1 || Math.min(u, v) !== Math.abs(Math.min(u, v))) return null;
    const [k, probability] = cell(now, Math.round(v * (side - 1)), Math.round(u * (side - 1)));
    return [class_name(k) + ', p ≈ ' + short(probability, 2),
            run.columns[0] + ' ' + short(p.low[0] + u * (p.high[0] - p.low[0])),
            run.columns[1] + ' ' + short(p.low[1] + v * (p.high[1] - p.low[1]))];
  });
  const key = html('div', {class: 'key'});
  for (let c = 0; K > c; ++c) {
    const mark = html('i', {});
    mark.style.background = color(class_color(c));
    key.append(html('span', {}, mark, class_name(c)));
  }
  host.append(key);
}
function curve(host) {
  const p = run.picture, K = p.outputs, side = p.side;
  const rows = points_of(1 + K);
  const ys = extent(rows.map((r) => r.slice(1)).flat());
  const pad = 0.15 * (ys[1] - ys[0]);
  const d = drawing(host, Math.round(Math.max(260, Math.min(0.75 * host.clientWidth, 500))), [30, 12, 46, 52], 'fitted curve');
  d.x_axis(p.low[0], p.high[0]);
  d.y_axis(ys[0] - pad, ys[1] + pad);
  d.x_ticks(ticks(p.low[0], p.high[0], 6));
  d.y_ticks(ticks(ys[0] - pad, ys[1] + pad, 6));
  d.add(text((d.left + d.right) / 2, d.height - 8, run.columns[0]), text(d.left - 40, 16, 'fitted curve', 'title', 'start'),
        text(d.right, 16, run.targets.join(', '), 'legend', 'end'));
  const clip = d.clip();
  const x_of = (i) => p.low[0] + (p.high[0] - p.low[0]) * i / (side - 1);
  for (const row of rows) for (let c = 0; K > c; ++c) {
    d.add(svg('circle', {cx: d.x(row[0]), cy: d.y(row[1 + c]), r: 2.6, class: 'sample', fill: color(class_color(c))}));
  }
  const paths = [];
  for (let c = 0; K > c; ++c) paths.push(d.add(svg('path', {class: 'curve fit', 'clip-path': clip})));
  updates.push(function () {
    paths.forEach(function (path, c) {
      let at = '', open = false;
      for (let i = 0; side > i; ++i) {
        const v = p.frames[now][i * K + c];
        if (v !== null) {
          const y = Math.max(-1e5, Math.min(1e5, d.y(v)));
          at += (open ? 'L' : 'M') + d.x(x_of(i)).toFixed(2) + ' ' + y.toFixed(2);
        }
        open = v !== null;
      }
      path.setAttribute('d', at);
    });
  });
  explain(d, function (x) {
    const u = (x - d.left) / (d.right - d.left);
    if (u > 1 || u !== Math.abs(u)) return null;
    const i = Math.round(u * (side - 1));
    const lines = [run.columns[0] + ' ' + short(x_of(i))];
    for (let c = 0; K > c; ++c) lines.push(run.targets[c] + ' ' + short(p.frames[now][i * K + c], 4));
    return lines;
  });
}
function confusion(host) {
  const K = run.picture.classes;
  const width = Math.min(host.clientWidth, 560);
  const longest = Math.max(...Array.from({length: K}, (_, k) => Math.min(class_name(k).length, 12)));
  const d = drawing(host, Math.round(width * 0.9), [30, 12, 58, 40 + 7 * longest], 'confusion matrix');
  d.x_axis(0, K);
  d.y_axis(K, 0);
  d.add(text(d.left - 30 - 7 * longest, 16, 'confusion matrix, ' + run.picture.rows + ' rows', 'title', 'start'),
        text((d.left + d.right) / 2, d.height - 6, 'class named'));
  const cut = (name) => name.length > 12 ? name.slice(0, 11) + '…' : name;
  const turned = text(0, 0, 'true class');
  turned.setAttribute('transform', 'translate(14 ' + (d.top + d.bottom) / 2 + ') rotate(-90)');
  d.add(turned);
  const boxes = [];
  const wide = d.x(1) - d.x(0), high = d.y(1) - d.y(0);
  for (let i = 0; K > i; ++i) {
    const below = text(d.x(i + 0.5), d.bottom + 16, cut(class_name(i)));
    if (cut(class_name(i)).length * 7 > wide) {
      below.setAttribute('transform', 'rotate(-30 ' + d.x(i + 0.5) + ' ' + (d.bottom + 12) + ')');
      below.setAttribute('text-anchor', 'end');
    }
    d.add(below, text(d.left - 6, d.y(i + 0.5) + 4, cut(class_name(i)), 'tick', 'end'));
    for (let j = 0; K > j; ++j) {
      const box = d.add(svg('rect', {x: d.x(j) + 0.5, y: d.y(i) + 0.5, width: wide - 1, height: high - 1, rx: 2}));
      boxes.push([box, wide > 22 ? d.add(text(d.x(j + 0.5), d.y(i + 0.5) + 4, '', 'cell')) : null]);
    }
  }
  updates.push(function () {
    const counts = run.picture.frames[now];
    const base = rgb('--neutral');
    for (let i = 0; K > i; ++i) {
      const total = counts.slice(i * K, i * K + K).reduce((a, b) => a + b, 0) || 1;
      for (let j = 0; K > j; ++j) {
        const [box, label] = boxes[i * K + j];
        const n = counts[i * K + j];
        const c = mix(base, rgb(i === j ? '--good' : '--bad'), n === 0 ? 0 : 0.15 + 0.85 * n / total);
        box.setAttribute('fill', css(c));
        if (label === null) continue;
        label.textContent = n === 0 ? '' : String(n);
        label.setAttribute('fill', 0.299 * c[0] + 0.587 * c[1] + 0.114 * c[2] > 140 ? '#111111' : '#ffffff');
      }
    }
  });
  explain(d, function (x, y) {
    const j = Math.floor((x - d.left) / wide), i = Math.floor((y - d.top) / high);
    if (i === -1 || j === -1 || Math.max(i, j) >= K || Math.min(i, j) !== Math.abs(Math.min(i, j))) return null;
    return [String(run.picture.frames[now][i * K + j]) + ' rows', 'true class ' + class_name(i), 'named ' + class_name(j)];
  });
}

// The flow of the gradient -----------------------------------------------------------------------------------------------
const flow_text = (k, l, column) => run.flow.rows[k] === null ? '' : run.flow.rows[k][l][run.flow.columns.indexOf(column)];
const flow_number = (k, l, column) => { const cell = flow_text(k, l, column); return cell === '' ? NaN : Number(cell); };
const log10 = (v) => v > 0 && isFinite(v) ? Math.log10(v) : NaN;
const flow_quantities = [
  {title: '‖∂L/∂z‖', about: 'how much gradient is left', of: (k, l) => flow_number(k, l, 'dL_dz_norm')},
  {title: 'σ′ part', about: '‖∂L/∂zˡ‖ / ‖∂L/∂aˡ‖', factor: true,
   of: (k, l) => l + 1 === L ? NaN : flow_number(k, l, 'dL_dz_norm') / flow_number(k, l, 'dL_da_norm')},
  {title: 'W part', about: '‖∂L/∂aˡ‖ / ‖∂L/∂zˡ⁺¹‖', factor: true,
   of: (k, l) => l + 1 === L ? NaN : flow_number(k, l, 'dL_da_norm') / flow_number(k, l + 1, 'dL_dz_norm')}];

// The logarithms of a quantity over all epochs and layers, from least to greatest; the two parts share one scale, so that
// they can be compared by eye.
function log_extent(q) {
  const logs = [];
  for (const one of q.factor ? flow_quantities.filter((other) => other.factor) : [q]) {
    epochs.forEach((_, k) => run.layers.forEach((_, l) => logs.push(log10(one.of(k, l)))));
  }
  return extent(logs.filter(isFinite));
}
function layer_bars(host, q) {
  const d = drawing(host, 200, [30, 12, 34, 52], q.title);
  let [low, high] = log_extent(q);
  if (q.factor) { low = Math.min(low, -0.1); high = Math.max(high, 0.1); } else { low = Math.floor(low - 0.2); }
  d.x_axis(0.5, L + 0.5);
  d.y_axis(low, high + 0.04 * (high - low));
  d.y_ticks(log_ticks(low, high, 6), log_label);
  const step = Math.ceil(L / (d.width > 420 ? 24 : 12));
  d.x_ticks(Array.from({length: L}, (_, l) => l + 1).filter((l) => (l - 1) % step === 0));
  d.add(text(d.left - 40, 16, q.title, 'title', 'start'), text(d.right, 16, q.about, 'legend', 'end'),
        text(d.right, d.height - 4, 'layer', 'tick', 'end'));
  const half = Math.min(18, 0.36 * (d.x(1) - d.x(0)));
  const floor = q.factor ? d.y(0) : d.bottom;
  if (q.factor) d.add(svg('line', {x1: d.left, x2: d.right, y1: floor, y2: floor, class: 'axis'}));
  const bars = run.layers.map((_, l) => d.add(svg('rect', {x: d.x(l + 1) - half, width: 2 * half, rx: 1.5, class: 'bar'})));
  updates.push(function () {
    bars.forEach(function (bar, l) {
      const v = log10(q.of(now, l));
      const y = isFinite(v) ? d.y(Math.max(v, low)) : floor;
      bar.setAttribute('y', Math.min(y, floor));
      bar.setAttribute('height', Math.abs(y - floor));
      bar.setAttribute('class', !q.factor ? 'bar' : v > 0 ? 'bar grows' : 'bar shrinks');
    });
  });
  explain(d, function (x) {
    const l = Math.round((x - d.left) / (d.right - d.left) * L + 0.5) - 1;
    if (l >= L || l !== Math.abs(l)) return null;
    return describe_layer(now, l);
  });
}
function describe_layer(k, l) {
  return ['epoch ' + epochs[k] + ', layer ' + (l + 1) + ' ' + run.layers[l].activation,
          '‖∂L/∂a‖ ' + flow_text(k, l, 'dL_da_norm'), '‖∂L/∂z‖ ' + flow_text(k, l, 'dL_dz_norm'),
          'σ′ part ' + (l + 1 === L ? '–' : short(flow_quantities[1].of(k, l), 4)),
          'W part ' + (l + 1 === L ? '–' : short(flow_quantities[2].of(k, l), 4))];
}
function heat_map(host, q) {
  const F = epochs.length;
  const d = drawing(host, 58 + Math.max(90, Math.min(300, 15 * L)), [30, 12, 34, 52], q.title + ' by layer and epoch');
  d.x_axis(0, F);
  d.y_axis(0.5, L + 0.5);
  const canvas = d.cells(F, L);
  const [low, high] = log_extent(q);
  const reach = Math.max(Math.abs(low), Math.abs(high), 0.1);
  const color_of = (v) => q.factor ? factor_color(v / reach) : size_color((v - low) / (high - low));
  paint(canvas, function (i, k) { const v = log10(q.of(k, L - 1 - i)); return isFinite(v) ? color_of(v) : null; });
  const step = Math.ceil(L / 10);
  for (let l = 1; L >= l; l += step) d.add(text(d.left - 6, d.y(l) + 4, String(l), 'tick', 'end'));
  const count = d.width > 420 ? 6 : 4;
  for (let i = 0; count > i; ++i) {
    const k = Math.round(i * (F - 1) / (count - 1 || 1));
    d.add(text(d.x(k + 0.5), d.bottom + 16, String(epochs[k])));
  }
  d.add(text(d.left - 40, 16, 'layer', 'tick', 'start'), text(d.right, d.height - 2, 'epoch', 'tick', 'end'));
  const marker = d.add(svg('rect', {y: d.top - 2, height: d.bottom - d.top + 4, width: Math.max(d.x(1) - d.x(0), 2), class: 'marker'}));
  updates.push(function () { marker.setAttribute('x', d.x(now)); });
  const bar = d.add(svg('g', {class: 'scale'}));    // the colours and what they stand for
  const from = Math.max(d.left + 40, d.right - 200), steps = 40;
  const ends = q.factor ? [-reach, reach] : [low, high];
  for (let i = 0; steps > i; ++i) {
    bar.append(svg('rect', {x: from + i * (d.right - 48 - from) / steps, y: 8, width: (d.right - 48 - from) / steps + 0.6, height: 9,
                            fill: css(color_of(ends[0] + (ends[1] - ends[0]) * i / (steps - 1)))}));
  }
  bar.append(text(from - 6, 17, short(Math.pow(10, ends[0]), 2), 'tick', 'end'),
             text(d.right - 42, 17, short(Math.pow(10, ends[1]), 2), 'tick', 'start'));
  const cell_at = function (x, y) {
    const k = Math.floor((x - d.left) / (d.right - d.left) * F), l = Math.floor((d.bottom - y) / (d.bottom - d.top) * L);
    return k >= F || l >= L || Math.min(k, l) !== Math.abs(Math.min(k, l)) ? null : [k, l];
  };
  explain(d, function (x, y) { const at = cell_at(x, y); return at && describe_layer(...at); },
          function (x, y) { const at = cell_at(x, y); return at && at[0]; });
}

// A layer: where its z sit on σ, its weights and their gradients ---------------------------------------------------------
function bars_of(d, h, group, x_low, x_high, share) {    // moves the bars of a histogram to the epoch shown
  const k = now, low = h.ranges[2 * k], high = h.ranges[2 * k + 1], counts = h.counts[k];
  const wide = (high - low) / counts.length;
  const most = Math.max(...counts, 1);
  counts.forEach(function (n, i) {
    const bar = group.children[i];
    const from = Math.max(low + i * wide, x_low), to = Math.min(low + (i + 1) * wide, x_high);
    const height = to > from ? n / most * share * (d.bottom - d.top) : 0;
    const width = d.x(to) - d.x(from);
    bar.setAttribute('x', d.x(Math.min(from, x_high)));
    bar.setAttribute('width', Math.max(1.5, width - (width > 3 ? 0.6 : 0)));
    bar.setAttribute('y', d.bottom - height);
    bar.setAttribute('height', height);
  });
}
function bar_group(d, count, kind) {
  const group = svg('g', {class: kind});
  for (let i = 0; count > i; ++i) group.append(svg('rect', {}));
  return d.add(group);
}
function count_at(h, k, v) {
  const low = h.ranges[2 * k], high = h.ranges[2 * k + 1], n = h.counts[k].length;
  const i = Math.floor((v - low) / (high - low) * n);
  return i >= n || i !== Math.abs(i) ? 0 : h.counts[k][i];
}
function sigma_chart(host, l) {
  const layer = run.layers[l], h = run.histograms[l].z;
  const [low, high] = layer.z_axis;
  const d = drawing(host, 210, [8, 12, 32, 34], 'σ and σ′ of layer ' + (l + 1) + ' over the histogram of its z');
  d.x_axis(low, high);
  d.y_axis(layer.a_axis[0], layer.a_axis[1]);
  const clip = d.clip();
  const zones = d.add(svg('g', {class: 'saturated'}));
  const zone = (from, to) => zones.append(svg('rect', {x: d.x(Math.max(from, low)), y: d.top, height: d.bottom - d.top,
                                                      width: Math.max(0, d.x(Math.min(to, high)) - d.x(Math.max(from, low)))}));
  for (const [from, to] of layer.saturated) zone(from, to);
  d.y_ticks(ticks(layer.a_axis[0], layer.a_axis[1], 4));
  const bars = bar_group(d, h.counts[0].length, 'counts');
  d.x_ticks(ticks(low, high, 6));
  d.add(text(d.right, d.height - 3, 'z', 'tick', 'end'));
  const frame = svg('g', {'clip-path': clip});
  const scale = svg('g', {transform: 'translate(' + d.x(0) + ' ' + d.y(0) + ') scale(' + (d.x(1) - d.x(0)) + ' ' + (d.y(1) - d.y(0)) + ')'});
  for (const kind of ['sigma', 'slope']) {
    const drawn = byId(kind + '-' + layer.curve);
    scale.append(svg('path', {d: drawn.getAttribute('d'), class: kind}));
  }
  d.add(frame).append(scale);
  const beyond = [d.add(text(d.left + 4, d.top + 12, '', 'beyond', 'start')), d.add(text(d.right - 4, d.top + 12, '', 'beyond', 'end'))];
  updates.push(function () {
    bars_of(d, h, bars, low, high, 0.92);
    const counts = h.counts[now], n = counts.length, from = h.ranges[2 * now], wide = (h.ranges[2 * now + 1] - from) / n;
    const out = [0, 0];
    counts.forEach(function (c, i) { const z = from + (i + 0.5) * wide; if (low > z) out[0] += c; else if (z > high) out[1] += c; });
    const total = counts.reduce((a, b) => a + b, 0) || 1;
    beyond[0].textContent = out[0] ? '◂ ' + percent(out[0] / total) : '';
    beyond[1].textContent = out[1] ? percent(out[1] / total) + ' ▸' : '';
    if (layer.alpha) {    // the learned slope on the left has moved
      const alpha = layer.alpha[now], reach = -1000;
      scale.children[0].setAttribute('d', 'M' + reach + ' ' + alpha * reach + 'L0 0L1000 1000');
      scale.children[1].setAttribute('d', 'M' + reach + ' ' + alpha + 'L0 ' + alpha + 'L0 1L1000 1');
      zones.replaceChildren();
      if (0.05 * Math.max(1, Math.abs(alpha)) > Math.abs(alpha)) zone(low, 0);
      if (0.05 * Math.abs(alpha) > 1) zone(0, high);
    }
  });
  explain(d, function (x) {
    const z = low + (x - d.left) / (d.right - d.left) * (high - low);
    if (low > z || z > high) return null;
    return ['z ' + short(z), String(count_at(h, now, z)) + ' of ' + h.counts[now].reduce((a, b) => a + b, 0) + ' z in this bin'];
  });
}
function small_histogram(host, h, title, kind) {
  const d = drawing(host, 92, [20, 6, 20, 6], title);
  const bars = bar_group(d, h.counts[0].length, 'counts ' + kind);
  d.add(svg('line', {x1: d.left, x2: d.right, y1: d.bottom, y2: d.bottom, class: 'axis'}), text(d.left, 13, title, 'legend', 'start'));
  const ends = [d.add(text(d.left, d.height - 5, '', 'tick', 'start')), d.add(text(d.right, d.height - 5, '', 'tick', 'end'))];
  const zero = d.add(svg('line', {y1: d.top, y2: d.bottom, class: 'grid'}));
  const whole = extent(h.ranges);
  let reach = 1;
  updates.push(function () {
    reach = kind === 'weights' ? Math.max(Math.abs(whole[0]), Math.abs(whole[1]))
                               : Math.max(Math.abs(h.ranges[2 * now]), Math.abs(h.ranges[2 * now + 1]));
    reach = reach || 1;
    d.x_axis(-reach, reach);
    zero.setAttribute('x1', d.x(0));
    zero.setAttribute('x2', d.x(0));
    ends[0].textContent = short(-reach, 2);
    ends[1].textContent = short(reach, 2);
    bars_of(d, h, bars, -reach, reach, 1);
  });
  explain(d, function (x) {
    const v = -reach + (x - d.left) / (d.right - d.left) * 2 * reach;
    if (Math.abs(v) > reach) return null;
    return [title + ' ≈ ' + short(v), String(count_at(h, now, v)) + ' in this bin', 'from ' + short(h.ranges[2 * now], 4) + ' to ' + short(h.ranges[2 * now + 1], 4)];
  });
}
function layer_cards(host) {
  const plots = [];
  host.replaceChildren();
  run.layers.forEach(function (layer, l) {
    const plot = html('div', {class: 'plot'}), weights = html('div', {class: 'plot'}), gradients = html('div', {class: 'plot'});
    const facts = html('p', {class: 'facts'});
    host.append(html('article', {class: 'card layer'},
      html('h3', {}, html('b', {}, 'layer ' + (l + 1)), ' ' + layer.activation, html('small', {}, layer.inputs + ' → ' + layer.units)),
      plot, html('div', {class: 'pair'}, weights, gradients), facts));
    plots.push([plot, weights, gradients]);
    if (!run.flow) return;
    updates.push(function () {
      const parts = [['mean |σ′|', short(flow_text(now, l, 'slope_mean'))], ['saturated', percent(flow_text(now, l, 'saturated'))]];
      if (flow_text(now, l, 'off') !== '') parts.push(['off', percent(flow_text(now, l, 'off'))]);
      parts.push(['dead', percent(flow_text(now, l, 'dead'))], ['revived', flow_text(now, l, 'revived') || '–']);
      facts.replaceChildren(...parts.map((p) => html('span', {}, p[0] + ' ', html('b', {}, p[1]))));
    });
  });
  plots.forEach(function ([plot, weights, gradients], l) {    // now that the cards have their final widths
    sigma_chart(plot, l);
    small_histogram(weights, run.histograms[l].W, 'W', 'weights');
    small_histogram(gradients, run.histograms[l].dL_dW, '∂L/∂W', 'gradients');
  });
}

// Dead and revived units ---------------------------------------------------------------------------------------------------
function dead_maps(host) {
  host.replaceChildren();
  const affected = run.layers.map((_, l) => l).filter((l) => run.dead[l].some((flags) => flags.includes('1')));
  if (affected.length === 0) {
    host.append(html('p', {class: 'quiet'}, 'In no epoch shown was any unit dead: every unit had σ′ ≠ 0 on some sample.'));
    return;
  }
  const plots = affected.map(() => html('div', {class: 'plot'}));
  for (const plot of plots) host.append(html('article', {class: 'card'}, plot));
  affected.forEach(function (l, i) {
    const plot = plots[i], units = run.layers[l].units, F = epochs.length;
    const d = drawing(plot, 58 + Math.max(80, Math.min(320, 9 * units)), [30, 12, 34, 44], 'dead units of layer ' + (l + 1));
    d.x_axis(0, F);
    d.y_axis(units, 0);
    const canvas = d.cells(F, units);
    const state = (k, j) => run.dead[l][k][j] === '1' ? 'dead' : k > 0 ? run.dead[l][k - 1][j] === '1' ? 'revived' : 'alive' : 'alive';
    const colors = {alive: rgb('--alive'), dead: rgb('--dead'), revived: rgb('--revived')};
    paint(canvas, (j, k) => colors[state(k, j)]);
    d.add(text(d.left - 32, 16, 'layer ' + (l + 1) + ', ' + units + ' units', 'title', 'start'), text(d.right, d.height - 2, 'epoch', 'tick', 'end'),
          text(d.left - 6, d.y(0.5) + 6, '1', 'tick', 'end'), text(d.left - 6, d.y(units - 0.5) + 4, String(units), 'tick', 'end'));
    const labels = d.width > 420 ? 6 : 4;
    for (let i = 0; labels > i; ++i) {
      const k = Math.round(i * (F - 1) / (labels - 1));
      d.add(text(d.x(k + 0.5), d.bottom + 16, String(epochs[k])));
    }
    const marker = d.add(svg('rect', {y: d.top - 2, height: d.bottom - d.top + 4, width: Math.max(d.x(1) - d.x(0), 2), class: 'marker'}));
    const count = d.add(text(d.right, 16, '', 'legend', 'end'));
    updates.push(function () {
      marker.setAttribute('x', d.x(now));
      count.textContent = percent(flow_text(now, l, 'dead')) + ' dead';
    });
    const at = function (x, y) {
      const k = Math.floor((x - d.left) / (d.right - d.left) * F), j = Math.floor((y - d.top) / (d.bottom - d.top) * units);
      return k >= F || j >= units || Math.min(k, j) !== Math.abs(Math.min(k, j)) ? null : [k, j];
    };
    explain(d, function (x, y) {
      const cell = at(x, y);
      return cell && ['epoch ' + epochs[cell[0]] + ', unit ' + (cell[1] + 1) + ': ' + state(...cell),
                      'dead ' + flow_text(cell[0], l, 'dead'), 'revived ' + flow_text(cell[0], l, 'revived')];
    }, function (x, y) { const cell = at(x, y); return cell && cell[0]; });
  });
}

// Numbers as they stand in the run's files ---------------------------------------------------------------------------------
function numbers() {
  const cells = {};
  const host = byId('numbers');
  host.replaceChildren();
  for (const column of run.history.columns) {
    if (column === 'epoch' || column.startsWith('test_') || !epochs.some((_, k) => history_text(k, column))) continue;
    cells[column] = html('dd', {'data-column': column});
    host.append(html('div', {}, html('dt', {}, column.replaceAll('_', ' ')), cells[column]));
  }
  updates.push(function () { for (const column in cells) cells[column].textContent = history_text(now, column) || '–'; });
}
function flow_table() {
  const body = byId('flow-rows');
  if (!body) return;
  body.replaceChildren();
  const cells = run.layers.map(function (_, l) {
    const row = html('tr', {});
    body.append(row);
    return run.flow.columns.map(function (column) {
      const cell = html('td', {'data-column': column, 'data-layer': l + 1});
      row.append(cell);
      return cell;
    });
  });
  updates.push(function () {
    cells.forEach((row, l) => row.forEach(function (cell, c) { cell.textContent = run.flow.rows[now] === null ? '' : run.flow.rows[now][l][c]; }));
  });
}
function headline() {
  const host = byId('split');
  if (!host || !run.split.some((s) => s !== null)) return;
  const part = (name, id) => { const value = html('b', {'data-split': id}); return [html('span', {}, name, value), value]; };
  const [whole, ratio] = part('‖δ¹‖ / ‖δᴴ‖', 'ratio'), [left, sigma] = part('σ′ part', 'sigma'), [right, W] = part('W part', 'W');
  host.replaceChildren(whole, html('i', {}, '='), left, html('i', {}, '×'), right);
  updates.push(function () {
    const s = run.split[now];
    ratio.textContent = s ? short(s[0]) : '–';
    sigma.textContent = s ? short(s[1]) : '–';
    W.textContent = s ? short(s[2]) : '–';
    [ratio, sigma, W].forEach((node, i) => node.setAttribute('title', s ? s[i] : ''));
  });
}

// Everything ---------------------------------------------------------------------------------------------------------------
function draw() {
  updates = [];
  drawing.count = 0;
  numbers();
  headline();
  flow_table();
  learning_curve(byId('loss'), 'loss', 'loss');
  if (run.metric) learning_curve(byId('metric'), run.metric, run.metric === 'r2' ? 'R²' : run.metric);
  if (run.picture.kind === 'field') field(byId('picture'));
  if (run.picture.kind === 'curve') curve(byId('picture'));
  if (run.picture.kind === 'confusion') confusion(byId('picture'));
  if (run.flow) {
    flow_quantities.forEach(function (q, i) { layer_bars(byId('bars-' + i), q); heat_map(byId('heat-' + i), q); });
    dead_maps(byId('dead'));
  }
  layer_cards(byId('layers'));
  update();
}
const slider = byId('slider');
function update() {
  slider.value = String(now);
  slider.setAttribute('aria-valuetext', 'epoch ' + epochs[now]);
  byId('epoch').textContent = String(epochs[now]);
  for (const move of updates) move();
}
function go(k) {
  now = Math.max(0, Math.min(epochs.length - 1, k));
  update();
}
let timer = null;
const play = byId('play');
function set_playing(on) {
  clearInterval(timer);
  timer = null;
  if (on) {
    if (now === epochs.length - 1) go(0);
    timer = setInterval(function () { if (now + 1 >= epochs.length) set_playing(false); else go(now + 1); }, 140);
  }
  play.textContent = on ? '❚❚' : '▶';
  play.setAttribute('aria-label', on ? 'pause' : 'play');
}
play.addEventListener('click', () => set_playing(timer === null));
slider.addEventListener('input', function () { set_playing(false); go(Number(slider.value)); });
document.addEventListener('keydown', function (event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const moves = {ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10};
  const scrolls = event.target !== slider;
  if (event.key === ' ') { if (event.target.tagName.toLowerCase() === 'button') return; set_playing(timer === null); }
  else if (event.key === 'Home') { set_playing(false); go(0); }
  else if (event.key === 'End') { set_playing(false); go(epochs.length - 1); }
  else if (moves[event.key] && !(scrolls && !event.key.includes('Left') && !event.key.includes('Right'))) { set_playing(false); go(now + moves[event.key]); }
  else return;
  event.preventDefault();
});
const root = document.documentElement;
const dark = matchMedia('(prefers-color-scheme: dark)');
function set_theme(theme) { root.dataset.theme = theme; draw(); }
byId('theme').addEventListener('click', () => set_theme(root.dataset.theme === 'dark' ? 'light' : 'dark'));
dark.addEventListener('change', () => set_theme(dark.matches ? 'dark' : 'light'));
let before_print = '';
addEventListener('beforeprint', function () { before_print = root.dataset.theme; set_theme('light'); });
addEventListener('afterprint', () => set_theme(before_print));
let width = innerWidth;
addEventListener('resize', function () { if (innerWidth !== width) { width = innerWidth; draw(); } });
slider.max = String(epochs.length - 1);
set_theme(dark.matches ? 'dark' : 'light');
})();
)js";

}  // namespace primer
