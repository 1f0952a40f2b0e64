package io.adapterworks.curate.row;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ComposedTextTest {
  @Test
  void codeAndTurnsKeepTheirLinesIndentationAndTags() {
    for (String text :
        new String[] {
          "def f():\n    return 1",
          "#include <iostream>\nint main() {\n\treturn 0;\n}",
          "<|system|>\nBe brief\n<|user|>\nWhat is <b>bold</b>? List<String> x;"
        }) {
      assertEquals(text, NormaliseStep.composed(text));
      assertEquals(text, NormaliseStep.composed("\r\n \n" + text.replace("\n", "\r\n") + "  \n"));
    }
    assertEquals("café", NormaliseStep.composed("cafe\u0301\u200B\u0000"));
  }
}
