// Fills the template playground.html.
#include "primer/playground/page.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string_view>

#include "primer/formats/error.hpp"
#include "primer/formats/input.hpp"
#include "primer/formats/json.hpp"
#include "primer/playground/web_files.hpp"
#include "primer/runs/activation_facts.hpp"

namespace primer {
namespace {

constexpr std::size_t largest_module = std::size_t{1} << 24;

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += i + k > bytes.size() ? '=' : digits[group >> (18 - 6 * k) & 63];
    }
  }
  return text;
}

// Replaces < and & by `less` and `ampersand`, in HTML or in JSON inside HTML. JSON has < and & in strings only.
std::string escaped(std::string_view text, std::string_view less, std::string_view ampersand) {
  std::string safe;
  for (const char c : text)
    safe += c == '<' ? std::string(less) : c == '&' ? std::string(ampersand) : std::string(1, c);
  return safe;
}

}  // namespace

PlaygroundModules read_playground_modules(const std::string& program_folder) {
  namespace fs = std::filesystem;
  for (const char* const place : {"/playground", "/../share/primer/playground"}) {
    const std::string folder = program_folder + place;
    std::error_code ignored;
    if (!fs::exists(folder + "/exact.wasm.gz", ignored)) continue;
    return {read_input(folder + "/fused.wasm.gz", largest_module),
            read_input(folder + "/exact.wasm.gz", largest_module)};
  }
  throw UserError("the engine for the browser is not built; run `make playground`");
}

std::string playground_page(const std::string& title, const std::string& config,
                            const std::vector<std::pair<std::string, std::string>>& files,
                            const PlaygroundModules& modules) {
  std::string list;
  for (const auto& [name, bytes] : files) {
    list += (list.empty() ? "" : ",") + json::quote(name) + ":" + json::quote(bytes);
  }
  std::string cards;  // the JSON data of every activation, because the user of the page can choose any activation
  for (const std::string_view name : activations().names()) {
    cards += concat(cards.empty() ? "" : ",", json::quote(name), ":", card_json(card_of(*make_activation(name))));
  }
  const std::string start = concat("{\"name\":", json::quote(title), ",\"config\":", json::quote(config),
                                   ",\"cards\":{", cards, "},\"files\":{", list, "}}");
  std::map<std::string, std::string, std::less<>> values{{"title", escaped(title, "&lt;", "&amp;")},
                                                         {"start", escaped(start, "\\u003c", "\\u0026")},
                                                         {"fused", base64(modules.fused)},
                                                         {"exact", base64(modules.exact)}};
  for (const web::WebFile* file = web::playground_files; file->name != nullptr; ++file) values[file->name] = file->text;
  std::string page;
  std::string_view rest = web::playground_html;
  for (std::size_t open = rest.find("{{"); open != rest.npos; open = rest.find("{{")) {
    const std::size_t close = rest.find("}}", open);
    page += rest.substr(0, open);
    page += values.at(std::string(rest.substr(open + 2, close - open - 2)));
    rest.remove_prefix(close + 2);
  }
  return page += rest;
}

}  // namespace primer
