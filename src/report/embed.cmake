# Embeds the web files of this folder: embed_web_files(RESULT) writes a C++ source that holds their texts and sets RESULT
# to its path. The page's security policy names its style and its script by their SHA-256.

# The SHA-256 of `text` in base64.
function(sha256_base64 result text)
  set(digits "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
  set(base64 "")
  string(SHA256 hex "${text}")
  foreach(first RANGE 0 60 6)  # 256 bits and 8 zeros are 11 groups of 24 bits
    string(SUBSTRING "${hex}00" ${first} 6 group)
    foreach(shift 18 12 6 0)
      math(EXPR index "0x${group} >> ${shift} & 63")
      string(SUBSTRING "${digits}" ${index} 1 digit)
      string(APPEND base64 "${digit}")
    endforeach()
  endforeach()
  string(REGEX REPLACE ".$" "=" base64 "${base64}")
  set(${result} "${base64}" PARENT_SCOPE)
endfunction()

function(embed_web_files result)
  foreach(name report.html report.css charts.js report.js)
    set(file "${PROJECT_SOURCE_DIR}/src/report/${name}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
    file(READ "${file}" ${name})
  endforeach()
  # What stands between the tags of the finished page is hashed, so the files' texts take their places here as well.
  string(REGEX MATCH "<script>(.*)</script>" element "${report.html}")
  set(script "${CMAKE_MATCH_1}")
  foreach(name charts.js report.js)
    string(REPLACE "{{${name}}}" "${${name}}" script "${script}")
  endforeach()
  sha256_base64(script_sha256 "${script}")
  sha256_base64(style_sha256 "${report.css}")
  string(CONFIGURE "${report.html}" report.html @ONLY)
  set(source "${PROJECT_BINARY_DIR}/web_files.cpp")
  configure_file("${PROJECT_SOURCE_DIR}/src/report/web_files.cpp.in" "${source}" @ONLY)
  set(${result} "${source}" PARENT_SCOPE)
endfunction()
