# Finds doctest, the one package that the tests need: on the system, else by the machine's package manager if that
# works without a question, else from its repository at a fixed tag and hash. Sets DOCTEST_INCLUDE_DIR.
macro(find_doctest)
  find_path(DOCTEST_INCLUDE_DIR doctest/doctest.h
            HINTS /opt/homebrew/include /usr/local/include /home/linuxbrew/.linuxbrew/include)
endmacro()

function(install_doctest)
  find_program(BREW brew)
  find_program(APT apt-get)
  if(BREW)
    set(command "HOMEBREW_NO_AUTO_UPDATE=1 ${BREW} install doctest")
  elseif(APT)
    execute_process(COMMAND id -u OUTPUT_VARIABLE user OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(user EQUAL 0)
      set(sudo)
    else()
      execute_process(COMMAND sudo -n true RESULT_VARIABLE refused OUTPUT_QUIET ERROR_QUIET)
      if(refused)
        return()
      endif()
      set(sudo "sudo -n ")
    endif()
    set(command "${sudo}${APT} update; ${sudo}${APT} install -y doctest-dev")
  else()
    return()
  endif()
  message(NOTICE "primer: installing doctest for the tests (PRIMER_NO_INSTALL=1 forbids it): ${command}")
  execute_process(COMMAND sh -c "${command}" INPUT_FILE /dev/null OUTPUT_QUIET ERROR_QUIET)
  find_doctest()
endfunction()

find_doctest()
if(NOT DOCTEST_INCLUDE_DIR AND NOT "$ENV{PRIMER_NO_INSTALL}")
  install_doctest()
endif()

if(NOT DOCTEST_INCLUDE_DIR)
  set(url https://raw.githubusercontent.com/doctest/doctest/v2.4.11/doctest/doctest.h)
  file(DOWNLOAD ${url} STATUS status TIMEOUT 30)  # FetchContent would try for minutes, and fail with a hundred lines
  if(NOT status MATCHES "^0;")
    message(NOTICE "primer: the tests need doctest: install it (apt-get install doctest-dev, brew install doctest) and try again")
    set(PRIMER_TESTS OFF CACHE BOOL "" FORCE)  # the program builds without
    return()
  endif()
  message(NOTICE "primer: fetching ${url}")
  include(FetchContent)
  FetchContent_Declare(doctest
    URL ${url}
    URL_HASH SHA256=44faa038e9c3f9728efbda143748d01124ea0a27f4bf78f35a15d8fab2e039fb
    DOWNLOAD_NO_EXTRACT TRUE
    SOURCE_DIR ${PROJECT_BINARY_DIR}/fetched/doctest)
  FetchContent_MakeAvailable(doctest)
  set(DOCTEST_INCLUDE_DIR ${PROJECT_BINARY_DIR}/fetched CACHE PATH "" FORCE)
endif()
