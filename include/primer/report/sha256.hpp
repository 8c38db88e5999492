// SHA-256 (FIPS 180-4): the hashes by which a page's security policy lets its own script and style run, and no other.
#pragma once

#include <string>
#include <string_view>

namespace primer {

// The digest of `bytes` in base64, as Content-Security-Policy wants it.
std::string sha256_base64(std::string_view bytes);

}  // namespace primer
