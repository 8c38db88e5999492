// The script for pages that show runs. It reads a run as JSON, draws the charts of its layers, and handles the slider
// and the keyboard. The report shows one run; the page of `primer compare` shows two runs.
window.runs = (() => {
  'use strict';
  const { html, short, percent, indices, extent, size_color, factor_color, log10 } = window.charts;
  const { sigma, histogram, layer_bars, cell_map, field, fit, formulas, about } = window.charts;

  // What the charts of the gradient flow show. `key` names a function: norm(k, l) is ‖∂L/∂z‖ of layer l at epochs[k].
  const charted_quantities = [
    { key: 'norm', title: '‖∂L/∂z‖', about: 'how much gradient reaches a layer', factor: false },
    { key: 'sigma_factor', title: 'factor from σ′', about: '‖∂L/∂zˡ‖ / ‖∂L/∂aˡ‖', factor: true },
    { key: 'W_factor', title: 'factor from W', about: '‖∂L/∂aˡ‖ / ‖∂L/∂zˡ⁺¹‖', factor: true },
  ];

  // Makes a view: the data of a run, and `now`, the index of the shown epoch. CSV cells are texts, to keep all digits.
  function view(run) {
    const cell = (table, k, row, column) => table.rows[k][row]?.[table.columns.indexOf(column)] ?? '';
    const history = (k, column) => cell(run.history, k, 0, column);
    const flow = (k, l, column) => cell(run.flow, k, l, column);
    function number(k, l, column) {
      const text = flow(k, l, column);
      return text === '' ? Number.NaN : Number(text);
    }
    const L = run.layers.length;
    const of = {
      norm: (k, l) => number(k, l, 'dL_dz_norm'),
      sigma_factor: (k, l) => (l === L - 1 ? Number.NaN : of.norm(k, l) / number(k, l, 'dL_da_norm')),
      W_factor: (k, l) => (l === L - 1 ? Number.NaN : number(k, l, 'dL_da_norm') / of.norm(k, l + 1)),
    };
    // `top` is the last hidden layer, or the output layer if the network has fewer than two hidden layers.
    // split(k) returns [r, s, w] at epochs[k]. r is ‖∂L/∂z‖ of layer 1 divided by ‖∂L/∂z‖ of layer `top`. r is the
    // product of s, the factor from σ′, and w, the factor from W. Compare split_of() in flow.cpp.
    const top = L > 2 ? L - 2 : L - 1;
    const product = (part, k) => indices(top).reduce((value, l) => value * part(k, l), 1);
    const split = (k) => [of.norm(k, 0) / of.norm(k, top), product(of.sigma_factor, k), product(of.W_factor, k)];
    const describe = (k, l) => [
      `epoch ${run.epochs[k]}, layer ${l + 1} ${run.layers[l].activation}`,
      `‖∂L/∂a‖ ${flow(k, l, 'dL_da_norm')}`,
      `‖∂L/∂z‖ ${flow(k, l, 'dL_dz_norm')}`,
      `factor from σ′ ${l === L - 1 ? '–' : of.sigma_factor(k, l)}`,
      `factor from W ${l === L - 1 ? '–' : of.W_factor(k, l)}`,
    ];
    return { run, epochs: run.epochs, F: run.epochs.length, L, now: 0, history, flow, of, top, split, describe };
  }

  // The range of log₁₀ of the quantity q over all epochs and layers of `views`. The charts of the factors from σ′
  // and from W share one range, so that you can compare them by eye.
  function log_extent(views, q) {
    const keys = q.factor ? ['sigma_factor', 'W_factor'] : ['norm'];
    const of_view = (v) =>
      keys.flatMap((key) => indices(v.F).flatMap((k) => indices(v.L).map((l) => log10(v.of[key](k, l)))));
    return extent(views.flatMap(of_view));
  }
  // Draws a bar of quantity q for each layer of each run. The returned function moves the bars to the current epoch.
  function flow_bars(host, views, q, colors) {
    const [low, high] = log_extent(views, q);
    const L = Math.max(...views.map((v) => v.L));
    const describe = (l) => views.filter((v) => l < v.L).flatMap((v) => v.describe(v.now, l));
    const move = layer_bars(host, { ...q, low, high, layers: L, colors, describe });
    return () => move(...views.map((v) => indices(L).map((l) => (l < v.L ? v.of[q.key](v.now, l) : Number.NaN))));
  }
  function flow_map(host, v, q, pick) {
    const [low, high] = log_extent([v], q);
    const reach = Math.max(Math.abs(low), Math.abs(high), 0.1);
    const color_of = (value) => (q.factor ? factor_color(value / reach) : size_color((value - low) / (high - low)));
    const { L } = v;
    const step = Math.ceil(L / 10);
    const move = cell_map(host, {
      label: `heat map of ${q.title} for each layer and epoch`,
      title: 'layer',
      height: Math.max(90, Math.min(300, 15 * L)),
      rows: L,
      epochs: v.epochs,
      row_ticks: indices(L)
        .filter((l) => l % step === 0)
        .map((l) => [L - 1 - l, String(l + 1)]),
      color_at: (row, k) => {
        const value = log10(v.of[q.key](k, L - 1 - row));
        return Number.isFinite(value) ? color_of(value) : null;
      },
      describe: ([row, k]) => v.describe(k, L - 1 - row),
      pick: ([, k]) => pick(k),
      scale: { low: q.factor ? -reach : low, high: q.factor ? reach : high, color_of },
    });
    return () => move(v.now);
  }

  // Writes ‖∂L/∂z‖ of layer 1 / ‖∂L/∂z‖ of layer `top` as a product: factor from σ′ × factor from W.
  function split_line(host, v) {
    if (v.top === 0) return () => {};
    const values = ['ratio', 'sigma', 'W'].map((id) => html('b', { 'data-split': id }));
    const names = [`‖∂L/∂z‖ of layer 1 / ‖∂L/∂z‖ of layer ${v.top + 1}`, 'factor from σ′', 'factor from W'];
    const [ratio, sigma, W] = names.map((name, i) => html('span', {}, name, values[i]));
    host.replaceChildren(ratio, html('i', {}, '='), sigma, html('i', {}, '×'), W);
    return () => {
      v.split(v.now).forEach((part, i) => {
        values[i].textContent = Number.isFinite(part) ? short(part) : '–';
        values[i].setAttribute('title', part);
      });
    };
  }

  const class_names = (run) => indices(run.picture.classes).map((k) => run.classes[k] ?? String(k));
  function points_of({ points }, columns) {
    return indices(points.length / columns).map((i) => points.slice(i * columns, (i + 1) * columns));
  }
  // Decodes two base-64 digits into [predicted class, probability]. predictions_json() in run_json.cpp encodes them.
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const digit_value = Object.fromEntries([...digits].map((digit, i) => [digit, i]));
  function prediction(text, i, K) {
    const levels = Math.floor(4096 / K);
    const code = 64 * digit_value[text[2 * i]] + digit_value[text[2 * i + 1]];
    return [Math.floor(code / levels), (code % levels) / (levels - 1)];
  }
  function picture(host, v) {
    const { run } = v;
    const { kind, side, classes: K, outputs, low, high, frames } = run.picture;
    if (kind === 'field') {
      const points = points_of(run.picture, 3);
      const move = field(host, { columns: run.columns, low, high, side, classes: class_names(run), points });
      return () => move((i, j) => prediction(frames[v.now], i * side + j, K));
    }
    const axes = { column: run.columns[0], targets: run.targets, low: low[0], high: high[0], side };
    const move = fit(host, { ...axes, points: points_of(run.picture, 1 + outputs) });
    return () => move(frames[v.now]);
  }

  // Makes a card for a layer. It has three charts: σ and σ′ over the histogram of z; the histogram of W; the
  // histogram of ∂L/∂W. Returns {card, draw}. Put the card on the page before you call draw(), so that the charts get a
  // width. draw() draws the charts and returns a function that updates the charts to the current epoch.
  const at = (h, k) => ({ low: h.ranges[2 * k], high: h.ranges[2 * k + 1], counts: h.counts[k] });
  function facts_of(v, l) {
    const parts = [
      ['mean |σ′|', short, 'slope_mean'],
      ['saturated', percent, 'saturated'],
      ['off', percent, 'off'],
      ['dead', percent, 'dead'],
      ['revived', (text) => text || '–', 'revived'],
    ];
    return parts
      .filter(([name, , column]) => name !== 'off' || v.flow(v.now, l, column) !== '')
      .map(([name, write, column]) => {
        const text = v.flow(v.now, l, column);
        return html('span', { title: text }, `${name} `, html('b', {}, write(text)));
      });
  }
  function layer_card(v, l, name) {
    const { run } = v;
    const layer = run.layers[l];
    const curve = run.activations[layer.curve];
    const [plot, weights, gradients] = indices(3).map(() => html('div', { class: 'plot' }));
    const facts = html('p', { class: 'facts' });
    const size = html('small', {}, `${layer.inputs} → ${layer.units}`);
    const head = html('h3', {}, html('b', {}, `layer ${l + 1}`), ` ${layer.activation}`, size);
    if (name) head.prepend(html('span', { class: 'run-name' }, `${name} · `));
    const card = html('article', { class: 'card layer' }, head);
    const [value, derivative] = formulas(curve.card);
    if (value) {
      const parts = [html('span', { class: 'value' }, value), html('span', {}, derivative)];
      card.append(html('p', { class: 'formulas' }, ...parts));
    }
    card.append(plot);
    card.append(html('div', { class: 'pair' }, weights, gradients), facts, about(curve.card, `${name} ${l}`));
    const h = run.histograms[l];
    function draw() {
      const label = `σ and σ′ of layer ${l + 1} drawn over the histogram of z`;
      const { z_axis, a_axis } = layer;
      const move_z = sigma(plot, { label, curve, z_axis, a_axis, note: curve.note });
      const move_W = histogram(weights, { title: 'W', kind: 'weights', label: `weights of layer ${l + 1}` });
      const label_of_gradients = `gradients of the weights of layer ${l + 1}`;
      const move_dW = histogram(gradients, { title: '∂L/∂W', kind: 'gradients', label: label_of_gradients });
      const reach_W = Math.max(...extent(h.W.ranges).map(Math.abs));
      return () => {
        const k = v.now;
        move_z(at(h.z, k), layer.alpha ? { alpha: layer.alpha[k], saturation: run.saturation } : null);
        move_W(at(h.W, k), reach_W);
        const dW = at(h.dL_dW, k);
        move_dW(dW, Math.max(Math.abs(dW.low), Math.abs(dW.high)));
        if (run.flow) facts.replaceChildren(...facts_of(v, l));
      };
    }
    return { card, draw };
  }
  // Draws a card for each [view, layer, name] in `list`; null leaves a gap. Returns a function that updates all cards.
  function layer_cards(host, list) {
    const cards = list.map((item) => (item ? layer_card(...item) : { card: html('div', {}), draw: () => () => {} }));
    host.replaceChildren(...cards.map(({ card }) => card));
    const moves = cards.map(({ draw }) => draw());
    return () => {
      for (const move of moves) move();
    };
  }

  // `list` is ascending. Returns the index of the last number ≤ `epoch`, or 0 if all numbers are greater.
  const last_before = (list, epoch) => list.reduce((best, e, k) => (e <= epoch ? k : best), 0);

  // Handles slider, keyboard, theme and printing. name(k) is the epoch at position k of the slider. draw() draws all
  // charts and returns a function that moves them to position k. If `play` is true, an animation begins at `start`.
  const by_id = (id) => document.getElementById(id);
  function page({ steps, start, play, name, draw }) {
    const slider = by_id('slider');
    let now = start;
    let show = () => {};
    function go(k) {
      now = Math.max(0, Math.min(steps - 1, k));
      slider.value = String(now);
      slider.setAttribute('aria-valuetext', `epoch ${name(now)}`);
      by_id('epoch').textContent = String(name(now));
      show(now);
      window.charts.refresh_tip();
    }
    let timer = null;
    const button = by_id('play');
    function set_playing(on) {
      clearInterval(timer);
      timer = null;
      if (on) {
        if (now === steps - 1) go(0);
        timer = setInterval(() => {
          if (now < steps - 1) go(now + 1);
          else set_playing(false);
        }, 140);
      }
      button.textContent = on ? '❚❚' : '▶';
      button.setAttribute('aria-label', on ? 'pause' : 'play');
    }
    function stop_at(k) {
      set_playing(false);
      go(k);
    }
    button.addEventListener('click', () => set_playing(timer === null));
    slider.addEventListener('input', () => stop_at(Number(slider.value)));
    document.addEventListener('keydown', (event) => {
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      const anywhere = { ArrowRight: 1, ArrowLeft: -1 };
      // ↑, ↓, PageUp and PageDown move the slider if it has the focus. Otherwise this script does not handle them.
      const on_slider = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
      const move = anywhere[event.key] ?? (event.target === slider ? on_slider[event.key] : undefined);
      if (event.key === ' ') {
        if (['button', 'summary'].includes(event.target.tagName.toLowerCase())) return;
        set_playing(timer === null);
      } else if (event.key === 'Home') stop_at(0);
      else if (event.key === 'End') stop_at(steps - 1);
      else if (move !== undefined) stop_at(now + move);
      else return;
      event.preventDefault();
    });
    const root = document.documentElement;
    const dark = matchMedia('(prefers-color-scheme: dark)');
    function redraw() {
      show = draw(stop_at);
      go(now);
    }
    function set_theme(theme) {
      root.dataset.theme = theme;
      redraw();
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
      redraw();
    });
    slider.max = String(steps - 1);
    set_theme(dark.matches ? 'dark' : 'light');
    if (play && !matchMedia('(prefers-reduced-motion: reduce)').matches) set_playing(true);
    return stop_at;
  }

  return {
    ...{ view, charted_quantities, flow_bars, flow_map, split_line, layer_cards, last_before, page },
    ...{ picture, class_names, digit_value, prediction },
  };
})();
