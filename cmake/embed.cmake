# embed(<target> <symbol> <base folder> file …): the files become bytes in the target.
#
#   #include "<symbol>.h"   extern const struct embedded <symbol>[]; ended by a NULL name;
#                           names are paths relative to the base folder
function(embed target symbol base)
  set(out ${CMAKE_CURRENT_BINARY_DIR}/embed_${symbol})
  set(paths)
  foreach(f ${ARGN})
    list(APPEND paths ${base}/${f})
  endforeach()
  list(JOIN ARGN "|" names)
  add_custom_command(
    OUTPUT ${out}/${symbol}.c ${out}/${symbol}.h
    COMMAND ${CMAKE_COMMAND} -DOUT=${out} -DSYMBOL=${symbol} -DBASE=${base} "-DNAMES=${names}"
      -P ${PROJECT_SOURCE_DIR}/cmake/embed_script.cmake
    DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/cmake/embed_script.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${out}/${symbol}.c ${out}/${symbol}.h)
  target_compile_options(${target} PRIVATE "SHELL:-iquote ${out}")
endfunction()
