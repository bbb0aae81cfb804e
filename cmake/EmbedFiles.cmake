# cmake -DOUTPUT=x.cpp "-DPARTS=a;b" -P EmbedFiles.cmake: writes the files' bytes as renderers/html/view_parts.h wants
# them, in the order given.
set(text "#include \"renderers/html/view_parts.h\"\n\nnamespace orrery {\nnamespace {\n\n")
set(entries "")
set(number 0)
foreach(part ${PARTS})
  file(READ ${part} hex HEX)
  string(LENGTH "${hex}" digits)
  math(EXPR bytes "${digits} / 2")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
  string(REGEX REPLACE "(................................................................................)" "\\1\n" hex "${hex}")
  get_filename_component(name ${part} NAME)
  string(APPEND text "constexpr unsigned char kPart${number}[] = {\n${hex}0};\n\n")
  string(APPEND entries "      {\"${name}\", {reinterpret_cast<const char*>(kPart${number}), ${bytes}}},\n")
  math(EXPR number "${number} + 1")
endforeach()
string(APPEND text "}  // namespace\n\nconst std::vector<ViewPart>& view_parts() {\n"
  "  static const std::vector<ViewPart> parts = {\n${entries}  };\n  return parts;\n}\n\n}  // namespace orrery\n")
file(WRITE ${OUTPUT} "${text}")
