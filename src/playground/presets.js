// The stories of the page: each is a config, sentences on what to look at, and a number from a claim (configs/claims).
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
      look: 'On the way back, each multiplication by σ′ leaves at most ¼ of the gradient, because σ′ ≤ ¼. W does not make it larger again. Hardly any unit is saturated, so saturation is not the reason. The loss stays near ln 3 = 1.099: all three classes get the same probability.',
      units: 'delta',
      number:
        'Claim flow_sigmoid_vanishes: of ten sigmoid layers with Xavier weights, the first layer gets only 1.85e-06 of the gradient.',
    },
    {
      name: 'tanh with Xavier: eight layers that learn',
      config: spirals(repeat(8, layer(16, 'tanh', xavier)), sgd(0.1, 300)),
      look: 'This is the network of “vanishing” with tanh. Near z = 0 the derivative of tanh is 1. So the multiplications by σ′ make the gradient only a little smaller, and the loss falls.',
      number:
        'Claim flow_tanh_xavier: the gradient does not vanish in fifty tanh layers. ‖∂L/∂W‖ of layer 1 is 1.13 times ‖∂L/∂W‖ of layer 50.',
    },
    {
      name: 'tanh with N(0, 1): saturation and explosion',
      config: spirals(repeat(8, layer(16, 'tanh', 'init = "normal(1)"')), sgd(0.01, 300)),
      look: 'In layers 3 to 8, about half of the z (one per unit and row) are far from 0: there, σ′ < 0.05. But large weights make the gradient grow on its way back.',
      number:
        'Claim flow_explodes: over ten layers with N(0, 1) weights the gradient grows 181-fold; the saturated fraction is 0.677.',
    },
    {
      name: 'dying ReLU: the learning rate kills units',
      config: sine(layer(32, 'relu'), 0.1, 1000),
      look: 'The first steps overshoot and push units to z < 0 on every row. Then σ′ = 0, and no gradient reaches their weights: the units are dead. Drag b of a dead unit up to 0.5, and it learns again. Try a learning rate of 0.03, rewind, and run.',
      at: 'network',
      units: 'state',
      speed: 'step',
      number: 'Claim dying_learning_rate: the fraction of dead units is 0.5 at learning rate 0.1 and 0 at 0.03.',
    },
    {
      name: 'the rescue: Leaky ReLU from the same start',
      config: sine(layer(32, 'leaky_relu(0.01)'), 0.1, 1000),
      look: 'The initial weights are those of “dying ReLU”. But no unit dies: for z < 0, σ′ is 0.01, not 0. The weights move a hundred times more slowly than with σ′ = 1, and z can rise above 0 again. The loss ends far below that of “dying ReLU”.',
      at: 'network',
      units: 'state',
      speed: 'step',
      number: 'Claim dying_rescue: ReLU leaves 0.5 of the units dead; further training with Leaky ReLU revives all.',
    },
    {
      name: 'linear collapse: nine identity layers',
      config: xor(repeat(9, layer(8, 'identity'))),
      look: 'The hidden layers have σ′ = 1, so the gradient reaches layer 1. But the network computes no more than one layer: the plot has at most one straight border. The loss stops at ln 2 = 0.693.',
      number: 'Claim xor_needs_hidden: ten linear layers reach an accuracy of 0.5 on XOR.',
    },
    {
      name: 'XOR without a hidden layer',
      config: xor(''),
      look: 'The network draws one straight line, but no straight line separates the classes of XOR. The loss stops at ln 2 = 0.693. Add a layer, and the loss falls.',
      number:
        'Claim xor_needs_hidden: the loss of the linear model stops at 0.693; with eight tanh units the accuracy is 1.',
    },
    {
      name: 'residual: the skip connection carries the gradient',
      config: spirals(
        layer(16, 'sigmoid', xavier) + repeat(7, layer(16, 'sigmoid', `${xavier}\nresidual = true`)),
        sgd(0.1, 300),
      ),
      look: 'As in “vanishing”, but layers 2 to 8 compute a = σ(z) + x. So ∂L/∂x has a second term, ∂L/∂a, which is not multiplied by σ′. Compare (‖δ‖ of layer 1) / (‖δ‖ of layer 8) in both stories. “One sample by hand” shows this second term.',
      number:
        'Claim flow_residual: in ten sigmoid layers, (‖∂L/∂W‖ of layer 1) / (‖∂L/∂W‖ of layer 10) is 0.129 with residual connections and 2.90e-06 without.',
    },
    {
      name: 'batch normalisation: sigmoid that learns',
      config: spirals(repeat(8, layer(16, 'sigmoid', `${xavier}\nbatch_norm = true`)), sgd(0.1, 300)),
      look: 'Batch normalisation scales u = x Wᵀ + b to û, with mean 0 and variance 1 in each batch: z = γ û + β. So z stays spread around 0. On the way back, the gradient is divided by the small standard deviation of u, so the gradient grows. The eight sigmoid layers learn.',
      number: 'Claim rescue_batch_norm: twenty sigmoid layers reach 0.99 accuracy with batch norm, 0.465 without it.',
    },
    {
      name: 'A | B: sigmoid against tanh',
      config: spirals(repeat(4, layer(16, 'sigmoid', xavier)), adam(0.01, 300)),
      other: spirals(repeat(4, layer(16, 'tanh', xavier)), adam(0.01, 300)),
      look: 'B differs from A only in the activation of the hidden layers, and both runs see the same batches. Press “rewind”. Then compare the gradients: in A, each σ′ takes at least three quarters of the gradient; in B, much less. Adam still trains both networks, because they have only four hidden layers, but the loss of A falls later.',
      number: 'Claim tanh_slope: the largest derivative is 1 for tanh and ¼ for sigmoid.',
    },
  ];
})();
