// Draws the charts of the page of `primer compare`. For each loss and each metric, one chart shows all runs.
// The other charts compare the first two runs at the same epoch. The runs are the JSON text in the element #runs.
(() => {
  'use strict';
  const { html, indices, extent, key, class_color, curves } = window.charts;
  const by_id = (id) => document.getElementById(id);
  const { runs, pair } = JSON.parse(by_id('runs').textContent);
  const views = pair.map(window.runs.view);
  const colors = runs.map((_, r) => class_color(r));
  const names = runs.map(({ name }) => name);
  // The slider has a step for every epoch for which the first or the second run has a frame (the data of an epoch).
  const epochs = [...new Set(views.flatMap((v) => v.epochs))].sort((a, b) => a - b);
  const { last_before } = window.runs;

  // The curves of one column of history.csv, for the runs that have it.
  function learning_curve(host, column, go) {
    const there = indices(runs.length).filter((r) => runs[r].curves[column] !== undefined);
    const series = there.map((r) => {
      const { epoch, [column]: y } = runs[r].curves;
      return { name: names[r], color: colors[r], dashed: false, x: epoch, y };
    });
    const range = extent(series.flatMap(({ y }) => y));
    if (column.endsWith('r2')) range[0] = Math.max(range[0], -1); // the axis of R² does not go below −1
    const logarithmic = column.endsWith('loss') && range[0] > 0 && range[1] / range[0] > 30;
    const last = Math.max(...series.map(({ x }) => x.at(-1) ?? 0), 1);
    // The value of a series at an epoch; null if the series has no value there: a long run omits some epochs.
    function value({ x, y }, epoch) {
      const i = x.indexOf(epoch);
      return i < 0 ? null : y[i];
    }
    const all = [...new Set(series.flatMap(({ x }) => x))].sort((a, b) => a - b);
    const title = column.replaceAll('_', ' ').replace('r2', 'R²');
    const move = curves(host, {
      ...{ title, last, series, logarithmic, range, epochs: all },
      describe: (i) => [`epoch ${all[i]}`, ...series.map((s) => `${s.name}: ${value(s, all[i]) ?? '–'}`)],
      pick: (i) => go(last_before(epochs, all[i])),
    });
    return (epoch) =>
      move(
        epoch,
        series.map((s) => value(s, epoch) ?? Number.NaN),
      );
  }

  // Fills `host` with `count` cards. Each card has one element for a chart. Returns the list of these elements.
  function plots(host, count) {
    const list = indices(count).map(() => html('div', { class: 'plot' }));
    host.replaceChildren(...list.map((plot) => html('article', { class: 'card' }, plot)));
    return list;
  }
  function draw(go) {
    by_id('names').replaceChildren(key(names, colors));
    const columns = [...new Set(runs.flatMap((run) => Object.keys(run.curves)))];
    const scores = columns.filter((column) => column !== 'epoch' && !column.startsWith('test_'));
    const learning = plots(by_id('curves'), scores.length).map((plot, i) => learning_curve(plot, scores[i], go));
    const moves = [];
    const drawn = views.filter((v) => v.run.picture.kind !== 'none');
    plots(by_id('pictures'), drawn.length).forEach((plot, i) => {
      plot.before(html('h3', { class: 'run-name' }, names[views.indexOf(drawn[i])]));
      moves.push(window.runs.picture(plot, drawn[i]));
    });
    if (views.every((v) => v.run.flow)) {
      const hosts = views.map(() => html('div', { class: 'split' }));
      const head = (i) => html('h3', { class: 'run-name' }, names[i]);
      by_id('splits').replaceChildren(...hosts.map((host, i) => html('div', {}, head(i), host)));
      hosts.forEach((host, i) => {
        moves.push(window.runs.split_line(host, views[i]));
      });
      const { charted_quantities, flow_bars } = window.runs;
      plots(by_id('bars'), charted_quantities.length).forEach((plot, i) => {
        moves.push(flow_bars(plot, views, charted_quantities[i], colors.slice(0, 2)));
      });
    }
    const deepest = Math.max(...views.map((v) => v.L));
    const cards = indices(deepest).flatMap((l) => views.map((v, i) => [v, l, names[i]]));
    moves.push(
      window.runs.layer_cards(
        by_id('layers'),
        cards.map((card) => (card[1] < card[0].L ? card : null)),
      ),
    );
    return (step) => {
      const epoch = epochs[step];
      for (const v of views) v.now = last_before(v.epochs, epoch);
      by_id('shown').replaceChildren(
        ...views.map((v, i) => html('span', {}, `${names[i]} `, html('b', {}, `epoch ${v.epochs[v.now]}`))),
      );
      for (const move of learning) move(epoch);
      for (const move of moves) move();
    };
  }
  window.runs.page({ steps: epochs.length, start: 0, play: true, name: (k) => epochs[k], draw });
})();
