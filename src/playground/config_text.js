// Edits a config as text. The engine writes every key on a line of its own, so an edit replaces, adds or removes lines.
window.config_text = (() => {
  'use strict';
  // Splits a config into parts: first the lines before all sections, then every section with its lines.
  function parts_of(text) {
    const parts = [{ head: '', lines: [] }];
    for (const line of text.split('\n')) {
      if (line.startsWith('[')) parts.push({ head: line, lines: [] });
      else if (line.trim() !== '') parts.at(-1).lines.push(line);
    }
    return parts;
  }
  const text_of = (parts) =>
    `${parts
      .map(({ head, lines }) => [head, ...lines].filter((line) => line !== '').join('\n'))
      .filter((part) => part !== '')
      .join('\n\n')}\n`;
  function part_of(parts, key) {
    const [section, index] = key.split('.');
    if (!key.includes('.')) return parts[0];
    if (section === 'layer') return parts.filter(({ head }) => head === '[[layer]]')[Number(index) - 1];
    let part = parts.find(({ head }) => head === `[${section}]`);
    if (!part) {
      part = { head: `[${section}]`, lines: [] };
      parts.push(part);
    }
    return part;
  }
  // The config with `key` ("train.loss", "layer.2.units") set to a TOML value, or without the key if the value is null.
  function set(text, key, value) {
    const parts = parts_of(text);
    const part = part_of(parts, key);
    const name = key.split('.').at(-1);
    const at = part.lines.findIndex((line) => line.split('=')[0].trim() === name);
    if (at >= 0) part.lines.splice(at, 1, ...(value === null ? [] : [`${name} = ${value}`]));
    else if (value !== null) part.lines.push(`${name} = ${value}`);
    return text_of(parts);
  }
  const set_all = (text, changes) => Object.entries(changes).reduce((all, [key, value]) => set(all, key, value), text);
  function layers(text, change) {
    const parts = parts_of(text);
    const first = parts.findIndex(({ head }) => head === '[[layer]]');
    const list = parts.filter(({ head }) => head === '[[layer]]');
    const others = parts.filter(({ head }) => head !== '[[layer]]');
    others.splice(first, 0, ...change(list));
    return text_of(others);
  }
  // If l ≥ 0, add_layer inserts a copy of layer l after layer l. If l is −1, add_layer inserts a new first layer.
  const add_layer = (text, l) =>
    layers(text, (list) => {
      const plain = { head: '[[layer]]', lines: ['units = 8', 'activation = "tanh"'] };
      const copy = l >= 0 ? { head: '[[layer]]', lines: [...list[l].lines] } : plain;
      return [...list.slice(0, l + 1), copy, ...list.slice(l + 1)];
    });
  const remove_layer = (text, l) => layers(text, (list) => list.filter((_, i) => i !== l));
  // Sets the data source `lines` (a file or a generator). Removes the old source's keys and the last layer's `units`.
  function with_data(text, lines) {
    const parts = parts_of(text);
    const part = part_of(parts, 'data.file');
    const stays = ['test_fraction', 'standardize', 'shuffle', 'noise', 'points'];
    const kept = lines[0].startsWith('file') ? stays.slice(0, 3) : stays;
    part.lines = [...lines, ...part.lines.filter((line) => kept.includes(line.split('=')[0].trim()))];
    const output = parts.filter(({ head }) => head === '[[layer]]').at(-1);
    output.lines = output.lines.filter((line) => !line.startsWith('units'));
    return text_of(parts);
  }
  return { set, set_all, add_layer, remove_layer, with_data };
})();
