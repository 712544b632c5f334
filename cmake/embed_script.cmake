# Writes ${OUT}/${SYMBOL}.c and .h; see embed.cmake.
string(REPLACE "|" ";" names "${NAMES}")
set(rows "")
set(arrays "")
set(i 0)
foreach(name ${names})
  file(READ ${BASE}/${name} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  string(APPEND arrays "static const unsigned char file_${i}[] = {${bytes}0};\n")
  string(APPEND rows "\t{ \"${name}\", (const char *)file_${i}, sizeof(file_${i}) - 1 },\n")
  math(EXPR i "${i} + 1")
endforeach()
string(TOUPPER ${SYMBOL} guard)
file(WRITE ${OUT}/${SYMBOL}.h "/* Made by cmake/embed.cmake. */
#ifndef EMBED_${guard}_H
#define EMBED_${guard}_H
#include \"embedded.h\"
extern const struct embedded ${SYMBOL}[];
#endif
")
file(WRITE ${OUT}/${SYMBOL}.c "#include \"${SYMBOL}.h\"\n\n${arrays}
const struct embedded ${SYMBOL}[] = {\n${rows}\t{ NULL, NULL, 0 }
};
")
