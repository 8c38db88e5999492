// Writes the parts of the report's JSON. A value that changes is an array with one entry for each recorded epoch.
#include "primer/report/run_json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "primer/formats/error.hpp"
#include "primer/formats/json.hpp"
#include "primer/formats/number.hpp"
#include "primer/report/svg.hpp"
#include "primer/runs/activation_facts.hpp"
#include "primer/training/flow.hpp"
#include "primer/training/properties.hpp"

namespace primer {
namespace {

using Members = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t most_curve_points = 1000;
constexpr int widest_z = 12;    // the z axis of a layer never goes beyond [−12, 12]
constexpr int narrowest_z = 4;  // the z axis of a layer always contains [−4, 4]

std::string text_json(std::string_view text) { return json::quote(printable(text)); }
std::string texts_json(const std::vector<std::string>& texts) { return json::array(texts, text_json); }
std::string number5(double v) { return json::number(v, 5); }
std::string number6(double v) { return json::number(v, 6); }
std::string whole(std::uint64_t n) { return std::to_string(n); }

// history.csv or flow.csv as JSON: the names of the columns and, for each recorded epoch, a list of the epoch's rows.
std::string table_json(const RunTable& table, const Frames& frames) {
  const auto rows = [&](const Frame& frame) {
    return json::array(table.rows_of(frame.epoch), [&](std::size_t i) { return texts_json(table.rows[i]); });
  };
  return json::object(Members{{"columns", texts_json(table.columns)}, {"rows", json::array(frames.frames, rows)}});
}

// The JSON array [write(0), write(1), …]: write(l) is the JSON text for layer l (counted from 0).
template <typename Write>
std::string by_layer(const Frames& frames, Write write) {
  std::vector<std::size_t> layers;
  for (std::size_t l = 0; l < frames.layers.size(); ++l) layers.push_back(l);
  return json::array(layers, write);
}

std::string histogram_json(const Frames& frames, std::size_t l, Histogram Frame::Layer::*member) {
  std::vector<float> ranges;
  for (const Frame& frame : frames.frames) {
    ranges.insert(ranges.end(), {(frame.layers[l].*member).low, (frame.layers[l].*member).high});
  }
  const auto counts = [&](const Frame& frame) { return json::array((frame.layers[l].*member).counts, whole); };
  return json::object(
      Members{{"ranges", json::array(ranges, number6)}, {"counts", json::array(frames.frames, counts)}});
}

std::string histograms_json(const Frames& frames) {
  return by_layer(frames, [&](std::size_t l) {
    return json::object(Members{{"z", histogram_json(frames, l, &Frame::Layer::z)},
                                {"W", histogram_json(frames, l, &Frame::Layer::W)},
                                {"dL_dW", histogram_json(frames, l, &Frame::Layer::dL_dW)}});
  });
}

// For each layer and each recorded epoch, a text with one digit for each unit: 1 if the unit is dead, else 0.
std::string dead_json(const Frames& frames) {
  return by_layer(frames, [&](std::size_t l) {
    return json::array(frames.frames, [l](const Frame& frame) {
      std::string digits;
      for (const std::uint8_t dead : frame.layers[l].dead) digits += dead != 0 ? '1' : '0';
      return json::quote(digits);
    });
  });
}

constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Writes class k (of K) and its probability p as one number in base 64: k n + round(p (n − 1)), with n = ⌊4096 / K⌋.
std::string predictions_json(const std::vector<float>& cells, std::size_t K) {
  const std::size_t levels = std::max<std::size_t>(64 * 64 / K, 2);
  std::string text;
  for (const float cell : cells) {
    const float k = std::clamp(std::floor(cell), 0.0F, static_cast<float>(K - 1));
    const float p = std::clamp((cell - k) * 2, 0.0F, 1.0F);
    const auto level = static_cast<std::size_t>(std::lround(p * static_cast<float>(levels - 1)));
    const std::size_t code = std::min<std::size_t>(static_cast<std::size_t>(k) * levels + level, 64 * 64 - 1);
    text += {digits[code / 64], digits[code % 64]};
  }
  return json::quote(text);
}

std::string picture_json(const Frames& frames) {
  const std::size_t K = frames.picture_classes();
  const auto picture = [&](const Frame& frame) {
    return frames.picture == Picture::field ? predictions_json(frame.picture, K) : json::array(frame.picture, number5);
  };
  return json::object(Members{{"kind", text_json(picture_names[static_cast<std::size_t>(frames.picture)])},
                              {"side", whole(frames.side)},
                              {"outputs", whole(frames.layers.back().units)},
                              {"classes", whole(K)},
                              {"low", json::array(frames.low, number5)},
                              {"high", json::array(frames.high, number5)},
                              {"points", json::array(frames.points, number5)},
                              {"frames", json::array(frames.frames, picture)}});
}

std::string diagnoses_json(const std::vector<Diagnosis>& diagnoses) {
  return json::array(diagnoses, [](const Diagnosis& diagnosis) {
    return json::object(Members{{"kind", text_json(diagnosis.kind)}, {"epoch", whole(diagnosis.epoch)}});
  });
}

std::string confusion_json(const Frames& frames) {
  std::size_t s = 0;
  return json::array(frames.sets, [&](const Frames::Set& set) {
    const auto counts = [&](const Frame& frame) { return json::array(frame.confusion[s], number5); };
    const std::string of_frames = json::array(frames.frames, counts);
    const std::vector<float>& first = frames.frames.front().confusion[s++];
    return json::object(Members{{"name", text_json(set.name)},
                                {"rows", whole(set.rows)},
                                {"counted", number6(std::accumulate(first.begin(), first.end(), 0.0))},
                                {"frames", of_frames}});
  });
}

// Rounds each number to one of 64 levels between `low` and `high`. Writes each level as one character of `digits`.
std::string levels_json(const std::vector<float>& values, float low, float high) {
  std::string text;
  const float range = high > low ? high - low : 1;
  for (const float v : values) text += digits[static_cast<std::size_t>(std::lround((v - low) / range * 63))];
  return json::quote(text);
}

std::string images_json(const Frames& frames) {
  const auto [low, high] = std::ranges::minmax(frames.images);
  const auto reach = [](const Frame& frame) {
    const auto [least, most] = std::ranges::minmax(frame.weights);
    return std::max(-least, most);
  };
  const auto weights = [&](const Frame& f) { return levels_json(f.weights, -reach(f), reach(f)); };
  const auto predictions = [&](const Frame& f) { return predictions_json(f.predictions, frames.picture_classes()); };
  return json::object(Members{{"height", whole(frames.image[0])},
                              {"width", whole(frames.image[1])},
                              {"rows", text_json(frames.sets.front().name)},
                              {"low", number6(low)},
                              {"high", number6(high)},
                              {"pixels", levels_json(frames.images, low, high)},
                              {"actual", json::array(frames.labels, number6)},
                              {"predictions", json::array(frames.frames, predictions)},
                              {"units", whole(frames.frames.front().weights.size() / frames.layers.front().inputs)},
                              {"reach", json::array(frames.frames, [&](const Frame& f) { return number6(reach(f)); })},
                              {"weights", json::array(frames.frames, weights)}});
}

std::unique_ptr<Activation> known(const std::string& activation) {
  try {
    return make_activation(activation);
  } catch (const std::invalid_argument& e) {
    throw UserError(printable(e.what()) + "; draw the report with the program that trained this run");
  }
}

// What the page needs to draw an activation. Layers with the same activation share one Curve.
struct Curve {
  std::string activation, note;
  std::vector<CurvePoint> points;
  std::vector<Interval> saturated;
  std::string card;  // the card of the activation (formulas, properties) as JSON
};
std::vector<Curve> curves_of(const Frames& frames) {
  std::vector<Curve> curves;
  for (const Frames::Layer& layer : frames.layers) {
    if (std::ranges::find(curves, layer.activation, &Curve::activation) != curves.end()) continue;
    const auto activation = known(layer.activation);
    curves.push_back({layer.activation, activation->traits.elementwise ? "" : "a₁ of two units, where z₂ = 0",
                      curve_of(*activation, -widest_z, widest_z), properties_of(*activation).saturated,
                      card_json(card_of(*activation))});
  }
  return curves;
}

std::string activations_json(const std::vector<Curve>& curves) {
  const auto zone = [](const Interval& interval) {
    return json::array(std::array{std::max(interval.from, -1e3), std::min(interval.to, 1e3)}, number6);
  };
  return json::array(curves, [&](const Curve& curve) {
    return json::object(Members{{"name", text_json(curve.activation)},
                                {"note", json::quote(curve.note)},
                                {"sigma", json::quote(path_of(curve.points, &CurvePoint::a))},
                                {"derivative", json::quote(path_of(curve.points, &CurvePoint::derivative))},
                                {"saturated", json::array(curve.saturated, zone)},
                                {"card", curve.card}});
  });
}

// The z axis of a layer covers z in all recorded epochs, always contains [−4, 4], and never goes beyond [−12, 12].
std::array<int, 2> z_axis(const Frames& frames, std::size_t l) {
  float low = -narrowest_z;
  float high = narrowest_z;
  for (const Frame& frame : frames.frames) {
    low = std::min(low, frame.layers[l].z.low);
    high = std::max(high, frame.layers[l].z.high);
  }
  return {static_cast<int>(std::floor(std::max(low, static_cast<float>(-widest_z)))),
          static_cast<int>(std::ceil(std::min(high, static_cast<float>(widest_z))))};
}

std::string layers_json(const Frames& frames, const std::vector<Curve>& curves) {
  return by_layer(frames, [&](std::size_t l) {
    const Frames::Layer& layer = frames.layers[l];
    const auto curve = std::ranges::find(curves, layer.activation, &Curve::activation);
    const std::array<int, 2> z = z_axis(frames, l);
    const auto [a_low, a_high] = vertical_axis(curve->points, static_cast<real>(z[0]), static_cast<real>(z[1]));
    const auto alpha = [l](const Frame& frame) { return number6(frame.layers[l].alpha); };
    return json::object(Members{{"inputs", whole(layer.inputs)},
                                {"units", whole(layer.units)},
                                {"activation", text_json(layer.activation)},
                                {"curve", std::to_string(curve - curves.begin())},
                                {"z_axis", json::array(z, [](int end) { return std::to_string(end); })},
                                {"a_axis", json::array(std::array{a_low, a_high}, number6)},
                                {"alpha", layer.learns_alpha ? json::array(frames.frames, alpha) : "null"}});
  });
}

}  // namespace

// The learning curves. For a long run: only evenly spaced epochs, the last epoch, and the epoch with test scores.
std::string curves_json(const RunTable& history) {
  const std::size_t n = history.rows.size(), stride = n / most_curve_points + 1;
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < n; ++i) {
    if (i % stride == 0 || i == n - 1 || !history.cell(i, "test_loss").empty()) chosen.push_back(i);
  }
  Members curves{{"epoch", json::array(chosen, [&](std::size_t i) { return whole(history.epochs[i]); })}};
  for (const std::string& column : history.columns) {
    if (column == "epoch" || column == "learning_rate") continue;
    if (std::ranges::all_of(chosen, [&](std::size_t i) { return history.cell(i, column).empty(); })) continue;
    curves.emplace_back(column, json::array(chosen, [&](std::size_t i) {
                          const double v = history.number(i, column);
                          return std::isfinite(v) ? number(v) : "null";
                        }));
  }
  return json::object(curves);
}

std::string run_json(const RunFiles& run) {
  const Frames& frames = run.frames;
  const std::vector<Curve> curves = curves_of(frames);
  return json::object(Members{{"metric", text_json(run.metric())},
                              {"columns", texts_json(frames.columns)},
                              {"targets", texts_json(frames.targets)},
                              {"classes", texts_json(frames.classes)},
                              {"epochs", json::array(frames.frames, [](const Frame& f) { return whole(f.epoch); })},
                              {"saturation", number6(saturation_threshold)},
                              {"activations", activations_json(curves)},
                              {"layers", layers_json(frames, curves)},
                              {"history", table_json(run.history, frames)},
                              {"curves", curves_json(run.history)},
                              {"flow", run.flow.rows.empty() ? "null" : table_json(run.flow, frames)},
                              {"histograms", histograms_json(frames)},
                              {"dead", dead_json(frames)},
                              {"diagnoses", diagnoses_json(run.diagnoses)},
                              {"picture", picture_json(frames)},
                              {"confusion", confusion_json(frames)},
                              {"images", frames.images.empty() ? "null" : images_json(frames)}});
}

}  // namespace primer
