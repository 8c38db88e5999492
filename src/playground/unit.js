// Shows one unit and one sample: σ and σ′ at the z of the unit, the weights of the unit, and the whole calculation of
// the network. The numbers are those of `primer trace` for a data file with only this sample.
window.sample_view = (engine, cards) => {
  'use strict';
  const { html, svg, text, short, percent, extent, ticks, drawing, bar_group, move_bars, explain } = window.charts;
  const { formulas, about } = window.charts;
  const by_id = (id) => document.getElementById(id);
  let on_change = () => {};

  // The unit
  let unit = null; // the chart of the unit: its data, scales and moving parts
  function draw_unit(run, pick, trace) {
    const { l, j } = pick;
    const layer = run.info.layers[l];
    const facts = engine.unit(run.index, l, j);
    const z = trace.layers[l].z[j];
    const [low, high] = [Math.min(facts.curve.z[0], z), Math.max(facts.curve.z.at(-1), z)];
    const card = cards[layer.activation.split('(')[0]];
    const folded = by_id('unit-about');
    if (folded.dataset.name !== layer.activation) {
      folded.dataset.name = layer.activation;
      folded.replaceChildren(...(card ? [about(card)] : []));
    }
    by_id('unit-name').textContent = `layer ${l + 1}, unit ${j + 1}: ${layer.activation}`;
    const d = drawing(by_id('unit-plot'), 300, [12, 12, 34, 40], 'σ, σ′ and the z of this unit');
    d.x_axis(low, high);
    const range = extent([...facts.curve.a, ...facts.curve.slope]);
    const margin = 0.06 * (range[1] - range[0]);
    d.y_axis(range[0] - margin, range[1] + margin);
    const clip = d.clip();
    for (const [from, to] of layer.saturated) {
      const x = d.x(Math.max(from, low));
      const width = d.x(Math.min(to, high)) - x;
      if (width > 0) d.add(svg('rect', { x, y: d.top, width, height: d.bottom - d.top, class: 'saturated' }));
    }
    d.y_ticks(ticks(range[0], range[1], 5), short);
    move_bars(d, bar_group(d, 'counts'), facts, low, high, 0.9);
    d.x_ticks(ticks(low, high, 8), short);
    d.add(text(d.right, d.height - 3, 'z', 'tick', 'end'));
    const path = (values) =>
      values.map((v, i) => `${i === 0 ? 'M' : 'L'}${d.x(facts.curve.z[i]).toFixed(2)} ${d.y(v).toFixed(2)}`).join('');
    d.add(svg('path', { d: path(facts.curve.a), class: 'sigma', 'clip-path': clip }));
    d.add(svg('path', { d: path(facts.curve.slope), class: 'derivative', 'clip-path': clip }));
    const line = d.add(svg('line', { y1: d.top, y2: d.bottom, class: 'now' }));
    const on_sigma = d.add(svg('circle', { r: 6, class: 'handle sigma-dot' }));
    const on_slope = d.add(svg('circle', { r: 6, class: 'handle slope-dot' }));
    const handle = d.add(
      svg('rect', {
        width: 26,
        height: d.bottom - d.top,
        y: d.top,
        class: 'grab',
        tabindex: 0,
        role: 'slider',
        'aria-label': 'z',
      }),
    );
    unit = { d, low, high, l, j, z, run, trace, line, on_sigma, on_slope, handle, facts, moved: false };
    const move = (event) => {
      const box = d.root.getBoundingClientRect();
      const x = ((event.clientX - box.left) * d.width) / box.width;
      set_z(low + Math.min(1, Math.max(0, d.u(x))) * (high - low));
    };
    handle.addEventListener('pointerdown', (event) => {
      handle.setPointerCapture(event.pointerId);
      unit.moved = true;
      on_change('hold');
    });
    handle.addEventListener('pointermove', (event) => {
      if (event.buttons > 0) move(event);
    });
    handle.addEventListener('keydown', (event) => {
      if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
      event.preventDefault();
      event.stopPropagation();
      unit.moved = true;
      on_change('hold');
      set_z(unit.z + ((event.key === 'ArrowRight' ? 1 : -1) * (high - low)) / 60);
    });
    if (layer.elementwise)
      explain(d, {
        describe: ([x]) =>
          d.u(x) < 0 || d.u(x) > 1 ? null : [`z ≈ ${short(low + d.u(x) * (high - low))}`, 'drag the line to move z'],
      });
    set_z(z);
    draw_weights(run, pick, facts);
  }
  const fact = (name, value, title = '') => html('div', {}, html('dt', {}, name), html('dd', { title }, value));
  function set_z(z) {
    const { d, l, j, run, trace, facts } = unit;
    unit.z = z;
    const layer = run.info.layers[l];
    const of_sample = trace.layers[l];
    const last = l + 1 === run.info.layers.length;
    const dL_da = of_sample.dL_da[j];
    const own = !unit.moved || !layer.elementwise;
    const at = own
      ? { a: of_sample.s[j], slope: of_sample.slope[j], dL_dz: of_sample.dL_dz[j] }
      : engine.point(run.index, l, z, of_sample.mask ? of_sample.dL_da[j] * of_sample.mask[j] : dL_da);
    const x = d.x(own ? of_sample.z[j] : z);
    unit.line.setAttribute('x1', x);
    unit.line.setAttribute('x2', x);
    unit.handle.setAttribute('x', x - 13);
    unit.handle.setAttribute('aria-valuenow', String(z));
    unit.on_sigma.setAttribute('cx', x);
    unit.on_sigma.setAttribute('cy', d.y(at.a));
    unit.on_slope.setAttribute('cx', x);
    unit.on_slope.setAttribute('cy', d.y(at.slope));
    const [value, derivative] = formulas(cards[layer.activation.split('(')[0]]);
    const dead = facts.off === 1;
    const canonical = last && run.info.canonical;
    const delta = own ? at.dL_dz : of_sample.dL_dz[j] + (at.a - of_sample.s[j]) / layer.units; // of a canonical output
    const mask = of_sample.mask ? `× mask ${short(of_sample.mask[j])} ` : '';
    const factor = layer.elementwise ? `${mask}× σ′(z) ${short(at.slope, 5)}` : `${mask}× Jacobian of σ`;
    by_id('unit-facts').replaceChildren(
      html(
        'p',
        { class: 'formula' },
        html('b', { class: 'sigma-name' }, value ?? ''),
        html('br', {}),
        html('b', { class: 'slope-name' }, derivative ?? ''),
      ),
      html(
        'dl',
        { class: 'facts-list' },
        fact(own ? 'z of the picked sample' : 'the z that you have chosen', short(z, 5), String(z)),
        fact('σ(z)', short(at.a, 5), String(at.a)),
        fact('σ′(z)', short(at.slope, 5), String(at.slope)),
      ),
      html(
        'p',
        { class: 'chain', id: 'chain' },
        ...(canonical
          ? [
              `a = ${short(at.a, 4)}, y = ${short(trace.y[j], 4)}: ∂L/∂z = `,
              html('b', { title: String(delta) }, short(delta, 5)),
            ]
          : [
              html('span', {}, '∂L/∂a ', html('b', { title: String(dL_da) }, short(dL_da, 5))),
              ' ',
              html('span', { class: 'sigma-step-text' }, factor),
              ' ',
              html(
                'span',
                {},
                '→ ∂L/∂z ',
                html('b', { id: 'chain-result', title: String(at.dL_dz) }, short(at.dL_dz, 5)),
              ),
            ]),
      ),
      html(
        'p',
        { class: dead ? 'bad' : 'quiet', id: 'unit-state' },
        dead
          ? 'This unit is dead: σ′ is exactly 0 on every training row, so no gradient reaches its weights.'
          : facts.off > 0
            ? `σ′ is exactly 0 on ${percent(facts.off)} of the training rows.`
            : 'σ′ is nonzero on every training row.',
      ),
      html(
        'p',
        { class: 'hint' },
        'The grey bars are a histogram of the z of this unit over all training rows.',
        html('br', {}),
        'In the shaded range the unit is saturated: |σ′| is less than 5 % of its largest value.',
      ),
    );
  }

  // Sliders for the weights of the unit. If the user changes a weight, the config alone cannot repeat the run.
  function draw_weights(run, { l, j }, facts) {
    const host = by_id('unit-weights');
    const holds = host.contains(document.activeElement) && document.activeElement.type !== 'button';
    if (holds && host.dataset.unit === `${run.index}.${l}.${j}`) return; // the user is moving one of the sliders
    host.dataset.unit = `${run.index}.${l}.${j}`;
    const slider = (name, value, gradient, set) => {
      const reach = Math.max(3, 1.5 * Math.abs(value));
      const input = html('input', {
        type: 'range',
        min: -reach,
        max: reach,
        step: 'any',
        'aria-label': name,
        'data-name': name,
      });
      input.value = String(value);
      const number = html('output', { title: String(value) }, short(value, 4));
      input.addEventListener('input', () => {
        number.textContent = short(input.value, 4);
        set(Number(input.value));
        on_change('weights');
      });
      const slope = `∂L/∂${name} ${short(gradient, 2)}`;
      return html('label', { class: 'weight' }, html('span', {}, name), input, number, html('small', {}, slope));
    };
    const many = facts.w.length > 12;
    const kill = html('button', { type: 'button', id: 'kill' }, 'kill it: b = −10');
    kill.addEventListener('click', () => {
      engine.set_bias(run.index, l, j, -10);
      on_change('weights');
    });
    host.replaceChildren(
      slider('b', facts.b, facts.dL_db, (v) => engine.set_bias(run.index, l, j, v)),
      ...facts.w
        .slice(0, 12)
        .map((w, i) => slider(`w${i + 1}`, w, facts.dL_dw[i], (v) => engine.set_weight(run.index, l, i, j, v))),
      ...(many ? [html('p', { class: 'quiet' }, `… and ${facts.w.length - 12} more weights`)] : []),
      kill,
    );
  }

  // Shows the calculation for one sample step by step: the forward pass, the loss, and the backward pass
  let step = 0;
  const source = {
    u: ['src/core/dense.cpp', 'multiply_add(*x, Wt, b, u);  // u = x Wᵀ + b'],
    norm: [
      'src/core/dense.cpp',
      'if (batch_norm) batch_norm->forward(z, training);  // z = γ (u − mean)/√(var + ε) + β',
    ],
    a: ['src/core/dense.cpp', 'activation->forward(z, sigma, derivative);  // σ(z) and σ′(z)'],
    loss: [
      'src/core/network.cpp',
      'return canonical(loss) ? loss.value_from_logits(output.z, y, scratch_) : loss.value(output.a, y);',
    ],
    logits: ['src/core/network.cpp', 'loss.gradient_from_logits(output.a, y, output.dL_dz);'],
    dL_da: ['src/core/network.cpp', 'loss.gradient(output.a, y, dL_da_);'],
    dL_dz: ['src/core/activation.cpp', 'dL_dz[i] = dL_da[i] * derivative[i];  // ∂L/∂z = ∂L/∂a ⊙ σ′(z)'],
    dL_dW: [
      'src/core/dense.cpp',
      'multiply(transposed(*x), delta, dL_dWt);                  // ∂L/∂W = δᵀ x, kept transposed',
    ],
    dL_dx: ['src/core/dense.cpp', 'if (wants_dL_dx) multiply(delta, transposed(Wt), dL_dx);  // ∂L/∂x = δ W'],
    shortcut: [
      'src/core/dense.cpp',
      'if (residual && wants_dL_dx) add(dL_da, dL_dx);  // ∂L/∂x = … + ∂L/∂a, because a = … + x',
    ],
  };
  function steps_of(run) {
    const L = run.info.layers.length;
    const list = [];
    for (let l = 0; l < L; ++l) {
      list.push({ kind: 'z', l });
      list.push({ kind: 'a', l });
    }
    list.push({ kind: 'loss', l: L - 1 });
    for (let l = L - 1; l >= 0; --l) {
      if (!(l === L - 1 && run.info.canonical)) list.push({ kind: 'dL_da', l });
      list.push({ kind: 'dL_dz', l });
      list.push({ kind: 'dL_dW', l });
    }
    return list;
  }
  const full = (v) => html('b', { class: 'number' }, String(v));
  // "0.5 · 0.25 + …": the terms of the sum with their numbers
  function sum_of(weights, values, rest) {
    const terms = weights.slice(0, 6).map((w, i) => `${short(w, 4)} · ${short(values[i], 4)}`);
    if (weights.length > 6) terms.push(`… ${weights.length - 6} more terms`);
    return [...terms, ...rest].join(' + ');
  }
  function hand_lines(run, pick, trace, { kind, l }) {
    const layer = trace.layers[l];
    const info = run.info.layers[l];
    const units = info.units;
    const j = pick.l === l ? Math.min(pick.j, units - 1) : 0;
    const n = j + 1;
    const column = (matrix) => Array.from({ length: info.inputs }, (_, i) => matrix[i * units + j]);
    const row = (values) =>
      html(
        'div',
        { class: 'all' },
        ...values.map((v, k) => html('span', { class: k === j ? 'picked' : '', title: String(v) }, short(v, 4))),
      );
    if (kind === 'z') {
      const name = info.batch_norm ? 'u' : 'z';
      const value = info.batch_norm ? layer.u[j] : layer.z[j];
      const lines = [
        html(
          'p',
          {},
          `${name} = Σᵢ wᵢ xᵢ + b. Unit ${n}: ${sum_of(column(layer.Wt), layer.x, [`${short(layer.b[j], 4)} (b)`])} = `,
          full(value),
        ),
      ];
      if (info.batch_norm)
        lines.push(html('p', {}, 'z = γ û + β = ', full(layer.z[j]), ' (a batch of one row: û = 0)'));
      return {
        head: `forward, layer ${l + 1}: ${name}`,
        lines: [...lines, row(layer.z)],
        source: info.batch_norm ? [source.u, source.norm] : [source.u],
      };
    }
    if (kind === 'a') {
      const extra = [];
      if (layer.mask) extra.push(html('p', {}, `dropout: a = mask ⊙ σ(z), mask ${short(layer.mask[j])}`));
      if (info.residual)
        extra.push(html('p', {}, `residual: a = … + x, x ${short(layer.x[j], 4)}, so a = `, full(layer.a[j])));
      return {
        head: `forward, layer ${l + 1}: a = σ(z)`,
        lines: [
          html(
            'p',
            {},
            info.elementwise
              ? `Unit ${n} computes σ(${short(layer.z[j], 5)}) = `
              : `Unit ${n} computes σ(z) from the z of all units of the layer: σ(z) = `,
            full(layer.s[j]),
            ...(info.elementwise ? ['. The backward pass uses σ′ = ', full(layer.slope[j])] : []),
          ),
          ...extra,
          row(layer.a),
        ],
        source: [source.a],
      };
    }
    if (kind === 'loss') {
      return {
        head: `the loss: ${run.info.settings['train.loss'].replaceAll('"', '')}`,
        lines: [
          html(
            'p',
            {},
            `a = (${layer.a.map((v) => short(v, 4)).join(', ')}), y = (${trace.y.join(', ')}): L = `,
            full(trace.loss),
          ),
        ],
        source: [source.loss],
      };
    }
    if (kind === 'dL_da') {
      const last = l + 1 === run.info.layers.length;
      const above = last ? null : trace.layers[l + 1];
      const wide = last ? 0 : run.info.layers[l + 1].units;
      const delta = last ? [] : (above.dL_du ?? above.dL_dz);
      const shortcut =
        !last && run.info.layers[l + 1].residual
          ? [`${short(above.dL_da[j], 4)} (the skip connection: ∂L/∂a of layer ${l + 2})`]
          : [];
      const from = last
        ? '∂L/∂a from the loss'
        : `∂L/∂a from δ and W of layer ${l + 2}: ${sum_of(Array.from(above.Wt.slice(j * wide, (j + 1) * wide)), delta, shortcut)}`;
      return {
        head: `backward, layer ${l + 1}: ∂L/∂a`,
        lines: [html('p', {}, `Unit ${n}: ${from} = `, full(layer.dL_da[j])), row(layer.dL_da)],
        source: last ? [source.dL_da] : shortcut.length > 0 ? [source.dL_dx, source.shortcut] : [source.dL_dx],
      };
    }
    if (kind === 'dL_dz') {
      const canonical = l + 1 === run.info.layers.length && run.info.canonical;
      const words = canonical
        ? `a = ${short(layer.a[j], 4)}, y = ${short(trace.y[j], 4)}: ∂L/∂z`
        : !info.elementwise
          ? `δ = Jacobian of σ × ${layer.mask ? '(mask ⊙ ∂L/∂a)' : '∂L/∂a'}`
          : layer.mask
            ? `δ = ∂L/∂a × mask × σ′(z) = ${short(layer.dL_da[j], 5)} × ${short(layer.mask[j])} × ${short(layer.slope[j], 5)}`
            : `δ = ∂L/∂a × σ′(z) = ${short(layer.dL_da[j], 5)} × ${short(layer.slope[j], 5)}`;
      return {
        head: `backward, layer ${l + 1}: δ = ∂L/∂z`,
        lines: [html('p', {}, `Unit ${n}: ${words} = `, full(layer.dL_dz[j])), row(layer.dL_dz)],
        source: canonical ? [source.logits] : info.elementwise ? [source.dL_dz] : [],
      };
    }
    const first = Math.min(5, info.inputs);
    const list = column(layer.dL_dWt).slice(0, first);
    const delta = (layer.dL_du ?? layer.dL_dz)[j];
    return {
      head: `backward, layer ${l + 1}: ∂L/∂W and ∂L/∂b`,
      lines: [
        html('p', {}, `Unit ${n}: ∂L/∂b = δ = `, full(layer.dL_db[j])),
        ...list.map((v, i) =>
          html('p', {}, `∂L/∂w${i + 1} = δ x${i + 1} = ${short(delta, 5)} × ${short(layer.x[i], 5)} = `, full(v)),
        ),
      ],
      source: [source.dL_dW],
    };
  }
  function draw_hand(run, pick, trace) {
    const steps = steps_of(run);
    step = Math.max(0, Math.min(step, steps.length - 1));
    const now = hand_lines(run, pick, trace, steps[step]);
    const y =
      run.info.task === 'regression'
        ? `y = ${trace.y.map((v) => short(v, 4)).join(', ')}`
        : `class ${run.info.classes[run.data.class[pick.row]] ?? run.data.class[pick.row]}`;
    by_id('hand-name').textContent = `row ${pick.row + 1}, ${y}; L = ${short(trace.loss, 5)}`;
    // Sets `aria-disabled`: `disabled` would take the focus away, and then the right arrow key would train the network.
    by_id('hand-back').setAttribute('aria-disabled', String(step === 0));
    by_id('hand-next').setAttribute('aria-disabled', String(step === steps.length - 1));
    by_id('hand-where').textContent = `step ${step + 1} of ${steps.length}`;
    by_id('hand').replaceChildren(
      html('h3', {}, now.head),
      ...now.lines,
      ...now.source.map(([file, line]) =>
        html('p', { class: 'source' }, html('span', {}, file), html('code', {}, line)),
      ),
    );
  }
  return {
    set_change(act) {
      on_change = act;
    },
    draw(run, pick) {
      const trace = engine.trace(run.index, pick.row);
      draw_unit(run, pick, trace);
      draw_hand(run, pick, trace);
    },
    go(by) {
      step += by;
    },
    to_way_back(run) {
      step = 1 + steps_of(run).findIndex(({ kind }) => kind === 'loss');
    },
    reset() {
      step = 0;
    },
  };
};
