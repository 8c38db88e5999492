// Draws the charts of report.html. The run is the JSON text in the element #run.
(() => {
  'use strict';
  const { html, rgb, short, sum, indices, extent, mix, factor_color } = window.charts;
  const { curves, confusion, tiles, cell_map } = window.charts;
  const by_id = (id) => document.getElementById(id);
  const run = JSON.parse(by_id('run').textContent);
  const v = window.runs.view(run);
  const { epochs, F, L } = v;
  const { digit_value, prediction } = window.runs;
  const classes = window.runs.class_names(run);

  // Loss and metric of the training, validation and test rows. Only the epoch that the run keeps has test values.
  const colors = { train: '--train', validation: '--validation', test: '--test' };
  function learning_curve(host, quantity, title, go) {
    const columns = Object.keys(colors).filter((kind) => run.curves[`${kind}_${quantity}`] !== undefined);
    const series = columns.map((kind) => {
      const all = run.curves[`${kind}_${quantity}`];
      const there = indices(all.length).filter((i) => kind !== 'test' || all[i] !== null);
      const x = there.map((i) => run.curves.epoch[i]);
      return { name: kind, color: colors[kind], dashed: kind !== 'train', x, y: there.map((i) => all[i]) };
    });
    const range = extent(series.flatMap(({ y }) => y));
    if (quantity === 'r2') range[0] = Math.max(range[0], -1); // the axis of R² does not go below −1
    const logarithmic = quantity === 'loss' && range[0] > 0 && range[1] / range[0] > 30;
    const last = Math.max(run.curves.epoch.at(-1) || 1, epochs[F - 1], 1);
    const value = (k, kind) => v.history(k, `${kind}_${quantity}`);
    const describe = (k) => {
      const values = columns.map((kind) => [kind, value(k, kind)]).filter(([kind, text]) => kind !== 'test' || text);
      return [`epoch ${epochs[k]}`, ...values.map(([kind, text]) => `${kind} ${text || '–'}`)];
    };
    const move = curves(host, { title, last, series, logarithmic, range, epochs, describe, pick: go });
    return () =>
      move(
        epochs[v.now],
        columns.map((kind) => (value(v.now, kind) === '' ? Number.NaN : Number(value(v.now, kind)))),
      );
  }

  // The confusion matrix of a set of rows, with precision, recall and F1 of each class.
  function scores(counts, K) {
    const of_class = indices(K).map((k) => {
      const hits = counts[k * K + k];
      const actual = sum(counts.slice(k * K, (k + 1) * K));
      const predicted = sum(indices(K).map((i) => counts[i * K + k]));
      return {
        rows: actual,
        precision: hits / predicted,
        recall: hits / actual,
        F1: (2 * hits) / (actual + predicted),
      };
    });
    const hits = sum(indices(K).map((k) => counts[k * K + k]));
    const there = of_class.filter(({ rows }) => rows > 0);
    return { of_class, accuracy: hits / sum(counts), macro_F1: sum(there.map(({ F1 }) => F1 || 0)) / there.length };
  }
  const value_cell = (value) => html('td', { title: String(value) }, Number.isFinite(value) ? short(value) : '–');
  function confusion_card(host, set) {
    const K = run.picture.classes;
    const plot = html('div', { class: 'plot' });
    const summary = html('p', { class: 'facts', 'data-set': set.name });
    const body = html('tbody', {});
    const names = ['class', 'rows', 'precision', 'recall', 'F1'];
    const head = html('thead', {}, html('tr', {}, ...names.map((name) => html('th', {}, name))));
    const table = html('div', { class: 'scroll' }, html('table', { class: 'scores' }, head, body));
    host.append(html('article', { class: 'card' }, plot, summary, table));
    return () => {
      const some = set.counted < set.rows ? ` (${set.counted} of ${set.rows})` : '';
      const move = confusion(plot, { title: `${set.name} rows${some}`, classes });
      return () => {
        const counts = set.frames[v.now];
        move(counts);
        const { of_class, accuracy, macro_F1 } = scores(counts, K);
        const all = { accuracy, 'macro F1': macro_F1 };
        const parts = Object.entries(all).map(([name, value]) =>
          html('span', { title: String(value) }, `${name} `, html('b', {}, short(value))),
        );
        summary.replaceChildren(...parts);
        body.replaceChildren(
          ...of_class.map(({ rows, precision, recall, F1 }, k) =>
            html(
              'tr',
              {},
              html('td', {}, classes[k]),
              html('td', {}, String(rows)),
              ...[precision, recall, F1].map(value_cell),
            ),
          ),
        );
      };
    };
  }
  function confusions(host) {
    host.replaceChildren();
    const draws = run.confusion.map((set) => confusion_card(host, set));
    const moves = draws.map((draw) => draw());
    return () => {
      for (const move of moves) move();
    };
  }

  // If the inputs are images: the weights of layer 1 and the rows with a wrong prediction, drawn as pictures.
  const gray = (value) => mix(rgb('--paper'), rgb('--pencil'), value);
  function weight_tiles(host) {
    const { height, width, units, weights, reach } = run.images;
    const n = height * width;
    const move = tiles(host, {
      title: `weights of ${units === run.layers[0].units ? 'all' : `the first ${units}`} units of layer 1`,
      rows: height,
      columns: width,
      most: units,
    });
    return () => {
      const text = weights[v.now];
      const level = (unit, pixel) => (digit_value[text[unit * n + pixel]] - 31.5) / 31.5;
      move((unit) => ({
        color_at: (pixel) => factor_color(level(unit, pixel)),
        describe: (pixel) => [
          `unit ${unit + 1}, ${run.columns[pixel]}`,
          `weight ≈ ${short(level(unit, pixel) * reach[v.now], 2)}`,
        ],
      }));
    };
  }
  function wrong_tiles(host) {
    const { height, width, rows, pixels, actual, predictions } = run.images;
    const n = height * width;
    const K = run.picture.classes;
    const is_wrong = (k, i) => prediction(predictions[k], i, K)[0] !== actual[i];
    const wrong_at = (k) => indices(actual.length).filter((i) => is_wrong(k, i));
    const most = Math.min(40, Math.max(1, ...indices(F).map((k) => wrong_at(k).length)));
    const title = 'wrong predictions';
    const move = tiles(host, { title, rows: height, columns: width, most, most_rows: 4, captions: true });
    return () => {
      const wrong = wrong_at(v.now);
      const title_for = (count) =>
        `${wrong.length} of ${actual.length} ${rows} rows have a wrong prediction${wrong.length > count ? `; ${count} of these are shown` : ''}`;
      move((place) => {
        const i = wrong[place];
        if (i === undefined) return null;
        const [k, p] = prediction(predictions[v.now], i, K);
        const level = (pixel) => digit_value[pixels[i * n + pixel]] / 63;
        return {
          caption: `${classes[actual[i]]} → ${classes[k]}`,
          color_at: (pixel) => gray(level(pixel)),
          describe: (pixel) => [
            `actual class ${classes[actual[i]]}`,
            `predicted class ${classes[k]}, p ≈ ${short(p, 2)}`,
            `${run.columns[pixel]} ≈ ${short(run.images.low + level(pixel) * (run.images.high - run.images.low), 2)}`,
          ],
        };
      }, title_for);
    };
  }

  function dead_map(plot, l, go) {
    const { units } = run.layers[l];
    const is_dead = (k, j) => k >= 0 && run.dead[l][k][j] === '1';
    const state = (k, j) => (is_dead(k, j) ? 'dead' : is_dead(k - 1, j) ? 'revived' : 'alive');
    const of_state = { alive: rgb('--alive'), dead: rgb('--dead'), revived: rgb('--revived') };
    const move = cell_map(plot, {
      label: `dead units of layer ${l + 1}`,
      title: `layer ${l + 1}, ${units} units`,
      height: Math.max(80, Math.min(320, 9 * units)),
      rows: units,
      epochs,
      row_ticks:
        units > 1
          ? [
              [0, '1'],
              [units - 1, String(units)],
            ]
          : [[0, '1']],
      color_at: (j, k) => of_state[state(k, j)],
      describe: ([j, k]) => [
        `epoch ${epochs[k]}: unit ${j + 1} is ${state(k, j)}`,
        `fraction of dead units: ${v.flow(k, l, 'dead')}`,
        `number of revived units: ${v.flow(k, l, 'revived')}`,
      ],
      pick: ([, k]) => go(k),
    });
    return () => move(v.now);
  }
  function dead_maps(host, go) {
    host.replaceChildren();
    const affected = indices(L).filter((l) => run.dead[l].some((flags) => flags.includes('1')));
    if (affected.length === 0) {
      const words = 'No unit was dead in any epoch shown: every unit had σ′ ≠ 0 on some sample.';
      host.append(html('p', { class: 'quiet' }, words));
      return [];
    }
    const plots = affected.map(() => html('div', { class: 'plot' }));
    for (const plot of plots) host.append(html('article', { class: 'card' }, plot));
    return plots.map((plot, i) => dead_map(plot, affected[i], go));
  }

  // Shows numbers with four digits; the tooltip shows all digits from the run's files.
  function numbers() {
    const host = by_id('numbers');
    const used = (column) => indices(F).some((k) => v.history(k, column) !== '');
    const columns = run.history.columns.filter((c) => c !== 'epoch' && !c.startsWith('test_') && used(c));
    const cells = columns.map((column) => html('dd', { 'data-column': column }));
    const parts = columns.map((column, i) => html('div', {}, html('dt', {}, column.replaceAll('_', ' ')), cells[i]));
    host.replaceChildren(...parts);
    return () => {
      columns.forEach((column, i) => {
        cells[i].textContent = short(v.history(v.now, column));
        cells[i].setAttribute('title', v.history(v.now, column));
      });
    };
  }
  function flow_table() {
    const cells = indices(L).map((l) =>
      run.flow.columns.map((column) => html('td', { 'data-column': column, 'data-layer': l + 1 })),
    );
    by_id('flow-rows').replaceChildren(...cells.map((row) => html('tr', {}, ...row)));
    return () => {
      cells.forEach((row, l) => {
        row.forEach((cell, c) => {
          cell.textContent = run.flow.rows[v.now][l]?.[c] ?? '';
        });
      });
    };
  }
  function draw(go) {
    const moves = [numbers(), learning_curve(by_id('loss'), 'loss', 'loss', go)];
    if (run.metric)
      moves.push(learning_curve(by_id('metric'), run.metric, run.metric === 'r2' ? 'R²' : run.metric, go));
    if (by_id('picture')) moves.push(window.runs.picture(by_id('picture'), v));
    if (run.confusion.length > 0) moves.push(confusions(by_id('confusion')));
    if (run.images) {
      moves.push(weight_tiles(by_id('weights')));
      moves.push(wrong_tiles(by_id('wrong')));
    }
    if (run.flow) {
      moves.push(window.runs.split_line(by_id('split'), v), flow_table());
      window.runs.charted_quantities.forEach((q, i) => {
        if (!by_id(`bars-${i}`)) return; // a network with one layer has only the chart of ‖∂L/∂z‖
        moves.push(window.runs.flow_bars(by_id(`bars-${i}`), [v], q));
        moves.push(window.runs.flow_map(by_id(`heat-${i}`), v, q, go));
      });
      moves.push(...dead_maps(by_id('dead'), go));
    }
    moves.push(
      window.runs.layer_cards(
        by_id('layers'),
        indices(L).map((l) => [v, l]),
      ),
    );
    return (k) => {
      v.now = k;
      const seen = run.diagnoses.filter(({ epoch }) => window.runs.last_before(epochs, epoch) === k);
      by_id('seen').textContent = seen.map(({ kind }) => `Problem at this epoch (primer doctor): ${kind}.`).join(' ');
      for (const move of moves) move();
    };
  }
  // The page opens at the epoch of the first diagnosis. Without a diagnosis, the page plays all epochs as a film.
  const places = run.diagnoses.map(({ epoch }) => window.runs.last_before(epochs, epoch));
  const start = places[0] ?? 0;
  const go = window.runs.page({ steps: F, start, play: places.length === 0, name: (k) => epochs[k], draw });
  document.querySelectorAll('#diagnoses button').forEach((button, i) => {
    button.addEventListener('click', () => go(places[i]));
  });
})();
