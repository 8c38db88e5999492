// A multilayer perceptron as a C++ programmer writes it by hand for one job, with the matrix products of Eigen or,
// where PEER_GEMM is cblas_dgemm or cblas_sgemm, of OpenBLAS. tests/bench_peers.py compiles it with -ffast-math, so its
// loops are vector code and its bits depend on the machine. Usage: peer JOB [ROWS.csv] prints the seconds of process
// time and the loss. JOB is a file of bench_peers.py; it holds the shape of the network, its first weights, the rows
// and their order in every epoch.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <vector>

#ifdef PEER_GEMM
#include <cblas.h>
#else
#include <Eigen/Core>
#endif

namespace {

using real = PEER_REAL;

// C = A B, m × n, with inner size k. At: A is stored k × m. Bt: B is stored n × k.
void multiply(bool At, bool Bt, int m, int n, int k, const real* A, const real* B, real* C) {
#ifdef PEER_GEMM
  PEER_GEMM(CblasRowMajor, At ? CblasTrans : CblasNoTrans, Bt ? CblasTrans : CblasNoTrans, m, n, k, 1, A, At ? m : k, B,
            Bt ? k : n, 0, C, n);
#else
  using Matrix = Eigen::Matrix<real, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  using In = Eigen::Map<const Matrix>;
  Eigen::Map<Matrix> c(C, m, n);
  if (At) {
    c.noalias() = In(A, k, m).transpose() * In(B, k, n);
  } else if (Bt) {
    c.noalias() = In(A, m, k) * In(B, n, k).transpose();
  } else {
    c.noalias() = In(A, m, k) * In(B, k, n);
  }
#endif
}

enum Activation { identity, tanh_, relu, gelu, sigmoid, softmax };
enum Loss { mse, bce, ce };
enum Optimizer { sgd, momentum, adam };
enum Work { train, infer_rows, infer_batch, train_from_csv };

struct Job {
  std::int32_t layers, hidden, output, loss, optimizer, batch, epochs, shuffled, rows, work;
  double rate;
  std::vector<std::int32_t> sizes, order;  // order: epochs × rows
  std::vector<real> W, x, y;               // W: layer after layer, outputs × inputs
};

template <typename T>
void read(std::ifstream& in, T* to, std::size_t n) {
  in.read(reinterpret_cast<char*>(to), static_cast<std::streamsize>(n * sizeof(T)));
}

Job read_job(const char* path) {
  std::ifstream in(path, std::ios::binary);
  Job job;
  read(in, &job.layers, 10);
  read(in, &job.rate, 1);
  job.sizes.resize(job.layers + 1);
  read(in, job.sizes.data(), job.sizes.size());
  std::size_t weights = 0;
  for (int l = 0; l < job.layers; ++l) weights += std::size_t(job.sizes[l]) * job.sizes[l + 1];
  job.W.resize(weights);
  read(in, job.W.data(), weights);
  job.x.resize(std::size_t(job.rows) * job.sizes.front());
  read(in, job.x.data(), job.x.size());
  job.y.resize(std::size_t(job.rows) * job.sizes.back());
  read(in, job.y.data(), job.y.size());
  if (job.shuffled) job.order.resize(std::size_t(job.epochs) * job.rows);
  read(in, job.order.data(), job.order.size());
  if (!in) std::fprintf(stderr, "peer: %s ends too early\n", path), std::exit(2);
  return job;
}

struct Layer {
  int inputs, outputs;
  Activation sigma;
  real *W, *b, *dW, *db;
  std::vector<real> z, a, delta, cdf;  // batch × outputs; cdf: Φ(z) of gelu
};

class Network {
 public:
  Network(const Job& job, int batch) : job_(job) {
    const std::size_t biases = sum(job.sizes.begin() + 1, job.sizes.end());
    p_ = job.W;
    p_.resize(job.W.size() + biases);
    g_ = m_ = v_ = std::vector<real>(p_.size());
    std::size_t at = 0, b = job.W.size();
    for (int l = 0; l < job.layers; ++l) {
      const int n = job.sizes[l], k = job.sizes[l + 1];
      const auto sigma = static_cast<Activation>(l + 1 < job.layers ? job.hidden : job.output);
      const std::vector<real> space(std::size_t(batch) * k);
      layers_.push_back({n, k, sigma, &p_[at], &p_[b], &g_[at], &g_[b], space, space, space, space});
      at += std::size_t(n) * k;
      b += k;
    }
  }

  const real* forward(const real* x, int rows) {
    for (Layer& l : layers_) {
      multiply(false, true, rows, l.outputs, l.inputs, x, l.W, l.z.data());
      for (int i = 0; i < rows; ++i)
        for (int j = 0; j < l.outputs; ++j) l.z[i * l.outputs + j] += l.b[j];
      activate(l, rows);
      x = l.a.data();
    }
    return x;
  }

  double step(const real* x, const real* y, int rows) {
    forward(x, rows);
    Layer& last = layers_.back();
    const int n = rows * last.outputs;
    const real* const a = last.a.data();
    real loss = 0;
    if (job_.loss == mse) {
      for (int i = 0; i < n; ++i) loss += (a[i] - y[i]) * (a[i] - y[i]);
      loss /= n;
    } else if (job_.loss == bce) {
      for (int i = 0; i < n; ++i) loss -= std::log(y[i] > real(0.5) ? a[i] : 1 - a[i]);
      loss /= n;
    } else {
      for (int i = 0; i < rows; ++i) {
        real right = 0;
        for (int j = 0; j < last.outputs; ++j) right += a[i * last.outputs + j] * y[i * last.outputs + j];
        loss -= std::log(right);
      }
      loss /= rows;
    }
    const real factor = job_.loss == mse ? real(2) / n : real(1) / rows;
    for (int i = 0; i < n; ++i) last.delta[i] = (a[i] - y[i]) * factor;
    if (job_.loss == mse) through_sigma(last, n);
    for (std::size_t k = layers_.size(); k-- > 0;) {
      Layer& l = layers_[k];
      const real* const in = k == 0 ? x : layers_[k - 1].a.data();
      multiply(true, false, l.outputs, l.inputs, rows, l.delta.data(), in, l.dW);
      std::fill_n(l.db, l.outputs, real(0));
      for (int i = 0; i < rows; ++i)
        for (int j = 0; j < l.outputs; ++j) l.db[j] += l.delta[i * l.outputs + j];
      if (k == 0) break;
      Layer& below = layers_[k - 1];
      multiply(false, false, rows, l.inputs, l.outputs, l.delta.data(), l.W, below.delta.data());
      through_sigma(below, rows * below.outputs);
    }
    update();
    return loss;
  }

 private:
  template <typename Iterator>
  static std::size_t sum(Iterator first, Iterator last) {
    std::size_t total = 0;
    for (; first != last; ++first) total += *first;
    return total;
  }

  static void activate(Layer& l, int rows) {
    const int n = rows * l.outputs, k = l.outputs;
    const real* __restrict const z = l.z.data();
    real* __restrict const a = l.a.data(), * __restrict const cdf = l.cdf.data();
    if (l.sigma == tanh_) {
      for (int i = 0; i < n; ++i) a[i] = std::tanh(z[i]);
    } else if (l.sigma == relu) {
      for (int i = 0; i < n; ++i) a[i] = z[i] > 0 ? z[i] : 0;
    } else if (l.sigma == gelu) {
      for (int i = 0; i < n; ++i) cdf[i] = real(0.5) * (1 + std::erf(z[i] * real(0.7071067811865476)));
      for (int i = 0; i < n; ++i) a[i] = z[i] * cdf[i];
    } else if (l.sigma == sigmoid) {
      for (int i = 0; i < n; ++i) a[i] = 1 / (1 + std::exp(-z[i]));
    } else if (l.sigma == softmax) {
      for (int i = 0; i < rows; ++i) {
        const real most = *std::max_element(z + i * k, z + (i + 1) * k);
        for (int j = i * k; j < (i + 1) * k; ++j) a[j] = z[j] - most;
      }
      for (int i = 0; i < n; ++i) a[i] = std::exp(a[i]);
      for (int i = 0; i < rows; ++i) {
        real total = 0;
        for (int j = i * k; j < (i + 1) * k; ++j) total += a[j];
        for (int j = i * k; j < (i + 1) * k; ++j) a[j] /= total;
      }
    } else {
      std::copy_n(z, n, a);
    }
  }

  static void through_sigma(Layer& l, int n) {
    const real* __restrict const z = l.z.data(), * __restrict const a = l.a.data(), * __restrict const cdf = l.cdf.data();
    real* __restrict const delta = l.delta.data();
    if (l.sigma == tanh_) {
      for (int i = 0; i < n; ++i) delta[i] *= 1 - a[i] * a[i];
    } else if (l.sigma == relu) {
      for (int i = 0; i < n; ++i) delta[i] = z[i] > 0 ? delta[i] : 0;
    } else if (l.sigma == gelu) {
      for (int i = 0; i < n; ++i)
        delta[i] *= cdf[i] + z[i] * real(0.3989422804014327) * std::exp(real(-0.5) * z[i] * z[i]);
    }
  }

  void update() {
    const std::size_t n = p_.size();
    const auto rate = static_cast<real>(job_.rate);
    real* __restrict const p = p_.data(), * __restrict const m = m_.data(), * __restrict const v = v_.data();
    const real* __restrict const g = g_.data();
    ++t_;
    if (job_.optimizer == sgd) {
      for (std::size_t i = 0; i < n; ++i) p[i] -= rate * g[i];
    } else if (job_.optimizer == momentum) {
      for (std::size_t i = 0; i < n; ++i) {
        m[i] = real(0.9) * m[i] + g[i];
        p[i] -= rate * m[i];
      }
    } else {
      const auto first = static_cast<real>(job_.rate / (1 - std::pow(0.9, t_)));
      const auto second = static_cast<real>(1 / std::sqrt(1 - std::pow(0.999, t_)));
      for (std::size_t i = 0; i < n; ++i) {
        m[i] += real(0.1) * (g[i] - m[i]);
        v[i] += real(0.001) * (g[i] * g[i] - v[i]);
        p[i] -= first * m[i] / (std::sqrt(v[i]) * second + real(1e-8));
      }
    }
  }

  const Job& job_;
  std::vector<real> p_, g_, m_, v_;  // all parameters, their gradients and the moments of the optimiser
  std::vector<Layer> layers_;
  double t_ = 0;
};

// The mean loss of the last epoch.
double fit(Network& network, const Job& job) {
  const int n = job.rows, inputs = job.sizes.front(), outputs = job.sizes.back();
  std::vector<real> x(std::size_t(job.batch) * inputs), y(std::size_t(job.batch) * outputs);
  double mean = 0;
  for (int e = 0; e < job.epochs; ++e) {
    mean = 0;
    for (int first = 0; first < n; first += job.batch) {
      const int rows = std::min(job.batch, n - first);
      const real *from = &job.x[std::size_t(first) * inputs], *wanted = &job.y[std::size_t(first) * outputs];
      for (int i = 0; job.shuffled && i < rows; ++i) {
        const std::size_t row = job.order[std::size_t(e) * n + first + i];
        std::copy_n(&job.x[row * inputs], inputs, &x[std::size_t(i) * inputs]);
        std::copy_n(&job.y[row * outputs], outputs, &y[std::size_t(i) * outputs]);
      }
      mean += network.step(job.shuffled ? x.data() : from, job.shuffled ? y.data() : wanted, rows) * rows / n;
    }
  }
  return mean;
}

double accuracy(Network& network, const Job& job) {
  const real* const a = network.forward(job.x.data(), job.rows);
  const int k = job.sizes.back();
  int correct = 0;
  for (int i = 0; i < job.rows; ++i) {
    const real *const p = a + i * k, *const y = &job.y[std::size_t(i) * k];
    correct += std::max_element(p, p + k) - p == std::max_element(y, y + k) - y;
  }
  return double(correct) / job.rows;
}

void read_rows(const char* path, Job& job) {
  std::FILE* const file = std::fopen(path, "r");
  char line[256];
  int label = 0;
  double x0 = 0, x1 = 0;
  for (int i = -1; file && i < job.rows && std::fgets(line, sizeof line, file); ++i) {
    if (i < 0 || std::sscanf(line, "%lf,%lf,%d", &x0, &x1, &label) != 3) continue;
    job.x[2 * i] = static_cast<real>(x0);
    job.x[2 * i + 1] = static_cast<real>(x1);
    for (int k = 0; k < job.sizes.back(); ++k) job.y[i * job.sizes.back() + k] = k == label;
  }
  if (file) std::fclose(file);
}

double seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  Job job = read_job(argv[1]);
  if (argc > 2) read_rows(argv[2], job);
  const int all = job.rows, inputs = job.sizes.front(), outputs = job.sizes.back();
  Network network(job, job.work == train ? job.batch : all);
  if (job.work == infer_rows || job.work == infer_batch)
    network.forward(job.x.data(), job.work == infer_rows ? 1 : all);
  const double start = seconds();
  double result = 0;
  long units = all;
  if (job.work == train || job.work == train_from_csv) {
    result = fit(network, job);
    if (job.work == train_from_csv) result = accuracy(network, job);
  } else if (job.work == infer_rows) {
    units = 0;
    for (int turn = 0; turn < 20; ++turn) {
      result = 0;
      for (int i = 0; i < all; ++i, ++units) result += network.forward(&job.x[std::size_t(i) * inputs], 1)[0];
    }
  } else {
    units = 0;
    for (int turn = 0; turn < 20; ++turn, units += all) {
      const real* const a = network.forward(job.x.data(), all);
      result = 0;
      for (int i = 0; i < all; ++i) result += a[i * outputs];
    }
  }
  std::printf("%.9g %ld %.9g\n", seconds() - start, units, result);
}
