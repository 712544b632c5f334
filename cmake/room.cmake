# A room is a folder of src/ with one job. room() is the only way to add code:
# its folder reaches the compiler of those who declare SEES, and nobody else.
#
#   room(<name> SOURCES file.c … [SEES room …] [USES library …])
#
#   SEES  rooms whose headers it may include (and which it links)
#   USES  third-party libraries, wrapped here and seen by nobody else

add_library(flags INTERFACE)
target_compile_definitions(flags INTERFACE _GNU_SOURCE RUAD_VERSION="${PROJECT_VERSION}")
target_compile_options(flags INTERFACE
  -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wformat=2 -Wundef
  -Wimplicit-fallthrough -Wpointer-arith -Wwrite-strings
  -fno-strict-aliasing -fstack-protector-strong
  "SHELL:-include ${PROJECT_SOURCE_DIR}/src/base/banned.h"
  "SHELL:-ffile-prefix-map=${PROJECT_SOURCE_DIR}/="
  $<$<BOOL:${RUAD_WERROR}>:-Werror>
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
if(RUAD_SANITIZE)
  target_compile_options(flags INTERFACE -fsanitize=${RUAD_SANITIZE} -fno-omit-frame-pointer
    -fno-sanitize-recover=all)
  target_link_options(flags INTERFACE -fsanitize=${RUAD_SANITIZE})
endif()
target_link_options(flags INTERFACE -Wl,-z,relro,-z,now)

function(room name)
  cmake_parse_arguments(R "" "" "SOURCES;SEES;USES" ${ARGN})
  if(R_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "room(${name}): what is '${R_UNPARSED_ARGUMENTS}'?")
  endif()
  add_library(${name} STATIC ${R_SOURCES})
  set_target_properties(${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${name} PUBLIC "SHELL:-iquote ${PROJECT_SOURCE_DIR}/src/${name}")
  target_link_libraries(${name} PUBLIC ${R_SEES} PRIVATE flags ${R_USES})
endfunction()

# unit_test(<file> <room>): tests/unit/test_<file>.c against its room, linked whole, so that a
# call to a room it did not declare is an undefined reference.
function(unit_test file roomname)
  if(NOT RUAD_TESTS)
    return()
  endif()
  add_executable(test_${file} ${PROJECT_SOURCE_DIR}/tests/unit/test_${file}.c)
  target_link_libraries(test_${file} PRIVATE
    "$<LINK_LIBRARY:WHOLE_ARCHIVE,${roomname}>" flags cmocka)
  target_compile_options(test_${file} PRIVATE "SHELL:-iquote ${PROJECT_SOURCE_DIR}/tests/unit")
  target_compile_definitions(test_${file} PRIVATE
    FIXTURES="${PROJECT_SOURCE_DIR}/tests/fixtures")
  add_test(NAME unit.${file} COMMAND test_${file})
  set_tests_properties(unit.${file} PROPERTIES LABELS unit TIMEOUT 300)
endfunction()
