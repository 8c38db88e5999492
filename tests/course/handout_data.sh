#!/bin/sh
# Writes data with which students can check code in any language. tests/course/handout_data.sh PRIMER OUT writes for each
# of three small networks: NAME.toml (the network), NAME.csv (the batch), NAME.weights.safetensors (the initial weights),
# NAME.trace.safetensors (every quantity of one forward and backward pass), NAME.sgd.safetensors and
# NAME.adam.safetensors (the weights after five steps on the whole batch, with learning rate 0.1, and with momentum 0.9
# or Adam's defaults).
set -e
[ -n "$2" ] || { echo 'write: make handout-data OUT=folder' >&2; exit 2; }
primer=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
cd "$2"

network() {  # network NAME GENERATOR ACTIVATION UNITS OUTPUT LOSS
  cat >"$1.toml" <<END
seed = 1

[data]
file = "$1.csv"
shuffle = false

[[layer]]
units = $4
activation = "$3"

[[layer]]
activation = "$5"

[train]
loss = "$6"
learning_rate = 0.1
batch_size = 0
epochs = 5
END
  "$primer" data $2 --points 6 >"$1.csv"
  "$primer" trace "$1.toml" --out "$1.trace.safetensors"
  after "$1" weights --set train.epochs=0
  after "$1" sgd --set train.optimizer=sgd --set train.momentum=0.9
  after "$1" adam --set train.optimizer=adam
}

after() {  # after NAME WHAT OPTION...: the weights at the end of a training run
  name=$1 what=$2
  shift 2
  "$primer" train "$name.toml" --quiet --out "run.$what" "$@" >/dev/null
  mv "run.$what/model.safetensors" "$name.$what.safetensors"
  rm -r "run.$what"
}

network tanh sine tanh 4 identity mse
network sigmoid moons sigmoid 3 sigmoid binary_cross_entropy
network softmax 'gaussians --classes 3' relu 5 softmax cross_entropy
echo "$2: three networks with their weights, one pass and five steps"
