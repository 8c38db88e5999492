// The stories of the study notes, each as a config, with two sentences on what to look at and the number of the claim.
window.presets = (() => {
  'use strict';
  const layer = (units, activation, more = '') =>
    `[[layer]]\nunits = ${units}\nactivation = "${activation}"\n${more}\n`;
  const repeat = (n, part) => part.repeat(n);
  const spirals = (layers, train, more = 'noise = 0.1\n') => `seed = 1
[data]
generator = "spirals"
points = 300
${more}standardize = true
${layers}
[[layer]]
activation = "softmax"
[train]
loss = "cross_entropy"
${train}[diagnostics]
every = 1
`;
  const sgd = (rate, epochs) => `optimizer = "sgd"\nlearning_rate = ${rate}\nepochs = ${epochs}\nbatch_size = 32\n`;
  const adam = (rate, epochs) => `optimizer = "adam"\nlearning_rate = ${rate}\nepochs = ${epochs}\nbatch_size = 32\n`;
  const sine = (layers, rate, epochs) => `seed = 1
[data]
generator = "sine"
points = 64
standardize = true
${layers}
[[layer]]
activation = "identity"
[train]
loss = "mse"
optimizer = "sgd"
learning_rate = ${rate}
epochs = ${epochs}
batch_size = 0
[diagnostics]
every = 1
`;
  const xor = (layers) => `seed = 1
[data]
generator = "xor"
${layers}
[[layer]]
activation = "sigmoid"
[train]
loss = "binary_cross_entropy"
optimizer = "sgd"
learning_rate = 0.5
epochs = 2000
batch_size = 0
[diagnostics]
every = 1
`;
  const xavier = 'init = "xavier_normal"';
  return [
    {
      name: 'vanishing: eight sigmoid layers',
      config: spirals(repeat(8, layer(16, 'sigmoid', xavier)), sgd(0.1, 300)),
      look: 'Look at the gradient on its way back: each ⊙ σ′ step loses at least three quarters of it, because σ′ ≤ ¼, and W does not make up for it. Hardly any unit is saturated, so saturation is not the reason; the loss stays near ln 3.',
      number:
        'Claim flow_sigmoid_vanishes: over ten sigmoid layers with Xavier weights, the gradient shrinks to about 2·10⁻⁶.',
    },
    {
      name: 'tanh with Xavier: eight layers that learn',
      config: spirals(repeat(8, layer(16, 'tanh', xavier)), sgd(0.1, 300)),
      look: 'The same depth as the sigmoid story, with one word changed. Near z = 0 the derivative of tanh is 1, so the σ′ steps lose little and the loss falls.',
      number: 'Claim flow_tanh_xavier: over fifty tanh layers the gradient changes by a factor of only about 1.5.',
    },
    {
      name: 'tanh with N(0, 1): saturation and explosion',
      config: spirals(repeat(8, layer(16, 'tanh', 'init = "normal(1)"')), sgd(0.01, 300)),
      look: 'Pick a unit: its z lie far out, where σ′ is almost 0. The W steps are so large that the gradient still grows on its way back.',
      number:
        'Claim flow_explodes: over ten layers with N(0, 1) weights the gradient grows about 138-fold, with 68 % of the units saturated.',
    },
    {
      name: 'dying ReLU: the learning rate kills units',
      config: sine(layer(32, 'relu'), 0.1, 1000),
      look: 'Let the units show “dead or saturated” and run: dark units have z < 0 on every row, so σ′ = 0 and no gradient ever reaches their weights. Try a learning rate of 0.03 and rewind.',
      number: 'Claim dying_learning_rate: at rate 0.1 about half of the units die, at rate 0.03 almost none.',
    },
    {
      name: 'the rescue: Leaky ReLU from the same start',
      config: sine(layer(32, 'leaky_relu(0.01)'), 0.1, 1000),
      look: 'A unit with z < 0 on every row keeps σ′ = 0.01, so it still moves and can come back. In the story of the dying ReLU, change the activation in mid-run and watch the loss.',
      number:
        'Claim dying_rescue: continued with Leaky ReLU, the error of a half dead network falls from 0.24 to 0.03.',
    },
    {
      name: 'linear collapse: ten layers without σ',
      config: xor(repeat(9, layer(8, 'identity'))),
      look: 'Every σ′ is 1 and the gradient arrives, but ten linear layers are one linear layer. The field shows one straight edge at most, and the loss stops at ln 2 = 0.693.',
      number: 'Claim collapse_training: the accuracy on XOR stays at most 0.75.',
    },
    {
      name: 'XOR without a hidden layer',
      config: xor(''),
      look: 'One straight line must separate the corners, and none does. The loss stops at ln 2 = 0.693; add a layer and it falls.',
      number: 'Claim xor_needs_hidden: eight tanh units solve XOR from 200 of 200 starts.',
    },
    {
      name: 'residual: the gradient takes the short way',
      config: spirals(
        layer(16, 'sigmoid', xavier) + repeat(7, layer(16, 'sigmoid', `${xavier}\nresidual = true`)),
        sgd(0.1, 300),
      ),
      look: 'The eight sigmoid layers again, but now a = σ(z) + x: ∂L/∂x gets ∂L/∂a as a second part that meets no σ′. The W steps make up for what the σ′ steps lose, and the loss falls.',
      number:
        'Claim flow_residual: over ten sigmoid layers the ratio is 0.12 with residual connections and 2·10⁻⁶ without.',
    },
    {
      name: 'batch normalisation: sigmoid that learns',
      config: spirals(repeat(8, layer(16, 'sigmoid', `${xavier}\nbatch_norm = true`)), sgd(0.1, 300)),
      look: 'γ û + β keeps the z of every unit spread around 0, and its gradient divides by their small deviation. The loss of the eight sigmoid layers falls.',
      number: 'Claim rescue_batch_norm: twenty sigmoid layers reach an accuracy of 1.000 with it and 0.49 without.',
    },
    {
      name: 'A | B: sigmoid against tanh',
      config: spirals(repeat(4, layer(16, 'sigmoid', xavier)), adam(0.01, 300)),
      other: spirals(repeat(4, layer(16, 'tanh', xavier)), adam(0.01, 300)),
      look: 'B differs from A in one word and sees the same batches. Compare the two stairs of the gradient and the two loss curves.',
      number: 'Claim tanh_slope: the largest derivative is 1 for tanh and ¼ for sigmoid.',
    },
  ];
})();
