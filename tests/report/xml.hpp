// As much of an XML parser as it takes to say whether a document is well-formed and to find its elements.
#pragma once

#include <cctype>
#include <map>
#include <string>
#include <vector>

namespace xml {

struct Element {
  std::string name, text;  // text: what stands directly within, before any child
  std::map<std::string, std::string> attributes;
};

struct Document {
  std::vector<Element> elements;  // in document order
  std::string error;              // empty: well-formed

  const Element* by_id(const std::string& id) const {
    for (const Element& e : elements) {
      const auto found = e.attributes.find("id");
      if (found != e.attributes.end() && found->second == id) return &e;
    }
    return nullptr;
  }
};

class Parser {
 public:
  explicit Parser(const std::string& text) : text_(text) {}

  Document parse() {
    while (at_ < text_.size() && document_.error.empty()) {
      if (starts("<?"))
        skip("?>");
      else if (starts("<!DOCTYPE") || starts("<!doctype"))
        skip(">");
      else if (starts("<!--"))
        skip("-->");
      else if (starts("<![CDATA["))
        cdata();
      else if (starts("</"))
        close();
      else if (text_[at_] == '<')
        open();
      else
        character();
    }
    if (!open_.empty()) fail("unclosed " + document_.elements[open_.back()].name);
    if (document_.elements.empty()) fail("no element");
    return document_;
  }

 private:
  bool starts(const char* what) const { return text_.compare(at_, std::string(what).size(), what) == 0; }
  void fail(const std::string& why) {
    if (document_.error.empty()) document_.error = why + " at byte " + std::to_string(at_);
  }
  void skip(const char* end) {
    const std::size_t found = text_.find(end, at_);
    if (found == std::string::npos) return fail(std::string("no ") + end);
    at_ = found + std::string(end).size();
  }
  void add(const std::string& words) {
    if (!open_.empty()) document_.elements[open_.back()].text += words;
  }
  void cdata() {
    const std::size_t begin = at_ + 9;
    skip("]]>");
    if (document_.error.empty()) add(text_.substr(begin, at_ - 3 - begin));
  }
  void character() {
    const auto byte = static_cast<unsigned char>(text_[at_]);
    if (byte < 0x20 && byte != '\n' && byte != '\t') return fail("a control byte");
    if (text_[at_] == '&') return entity([this](char c) { add({c}); });
    if (open_.empty() && std::isspace(byte) == 0) return fail("text outside of the root");
    if (starts("]]>")) return fail("]]> in text");
    add({text_[at_++]});
  }
  template <typename Use>
  void entity(Use use) {
    const std::map<std::string, char> known{{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}};
    for (const auto& [spelt, c] : known) {
      if (!starts(spelt.c_str())) continue;
      at_ += spelt.size();
      return use(c);
    }
    fail("a bare &");
  }
  std::string name() {
    const std::size_t begin = at_;
    while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-' ||
                                  text_[at_] == ':' || text_[at_] == '_')) {
      ++at_;
    }
    if (begin == at_) fail("no name");
    return text_.substr(begin, at_ - begin);
  }
  void spaces() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  void open() {
    ++at_;
    Element element{name(), "", {}};
    for (spaces(); document_.error.empty() && !starts(">") && !starts("/>"); spaces()) attribute(element);
    document_.elements.push_back(element);
    if (starts("/>")) {
      at_ += 2;
    } else {
      ++at_;
      open_.push_back(document_.elements.size() - 1);
    }
  }
  void attribute(Element& element) {
    const std::string key = name();
    if (!starts("=\"")) return fail("attribute " + key + " without a quoted value");
    at_ += 2;
    std::string value;
    while (at_ < text_.size() && text_[at_] != '"' && document_.error.empty()) {
      if (text_[at_] == '<') return fail("< in an attribute");
      if (text_[at_] == '&')
        entity([&value](char c) { value += c; });
      else
        value += text_[at_++];
    }
    ++at_;
    if (!element.attributes.emplace(key, value).second) fail("attribute " + key + " twice");
  }
  void close() {
    at_ += 2;
    const std::string closed = name();
    if (open_.empty() || document_.elements[open_.back()].name != closed)
      return fail("</" + closed + "> closes nothing");
    open_.pop_back();
    if (!starts(">")) return fail("no >");
    ++at_;
  }

  const std::string& text_;
  std::size_t at_ = 0;
  std::vector<std::size_t> open_;
  Document document_;
};

inline Document parse(const std::string& text) { return Parser(text).parse(); }

}  // namespace xml
