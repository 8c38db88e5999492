# Embeds the playground's web files: embed_playground(RESULT) writes a C++ source that holds their texts and sets RESULT
# to its path. Needs sha256_base64 of src/report/embed.cmake, and shares the style and the charts of the report.
function(embed_playground result)
  set(files report/report.css playground/playground.css report/charts.js playground/engine.js playground/config_text.js
      playground/presets.js playground/network.js playground/unit.js playground/playground.js)
  set(html_file "${PROJECT_SOURCE_DIR}/src/playground/playground.html")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${html_file}")
  file(READ "${html_file}" html)
  string(REPLACE "{{version}}" "${PROJECT_VERSION}" html "${html}")
  set(entries "")
  set(style "")
  set(script "")
  foreach(path ${files})
    set(file "${PROJECT_SOURCE_DIR}/src/${path}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(READ "${file}" text)
    string(REGEX REPLACE "\n +" "\n" text "${text}")  # without indentation and comments the page is 20 kB smaller
    string(REGEX REPLACE "\n//[^\n]*" "" text "\n${text}")
    get_filename_component(name "${path}" NAME)
    string(APPEND entries "    {\"${name}\", R\"web-file(${text})web-file\"},\n")
    if(name MATCHES "css$")
      string(APPEND style "${text}")
    else()
      string(APPEND script "${text}")
    endif()
  endforeach()
  sha256_base64(script_sha256 "${script}")
  sha256_base64(style_sha256 "${style}")
  string(CONFIGURE "${html}" html @ONLY)
  set(source "${PROJECT_BINARY_DIR}/playground_files.cpp")
  file(CONFIGURE OUTPUT "${source}" CONTENT [[
#include "primer/playground/web_files.hpp"

namespace primer::web {

const char* const playground_html = R"web-file(@html@)web-file";
const WebFile playground_files[] = {
@entries@    {nullptr, nullptr}};

}  // namespace primer::web
]] @ONLY)
  set(${result} "${source}" PARENT_SCOPE)
endfunction()
