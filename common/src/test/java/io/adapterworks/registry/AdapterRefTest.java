package io.adapterworks.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import org.junit.jupiter.api.Test;

class AdapterRefTest {
  @Test
  void aNumberIsAVersionAndAWordAnAlias() {
    assertEquals(AdapterRef.of("support-intents", 12), AdapterRef.parse("support-intents@12"));
    assertEquals(
        new AdapterRef("support-intents", new AdapterRef.Alias("champion")),
        AdapterRef.parse("support-intents@champion"));
    assertEquals("a.b_c@7", AdapterRef.parse("a.b_c@7").toString());
    assertEquals("ab@champion", AdapterRef.parse("ab@champion").toString());
  }

  @Test
  void whatIsNoReferenceSaysHowOneIsWritten() {
    String expected =
        " names no adapter version; expected NAME@VERSION or NAME@ALIAS, for example"
            + " support-intents@3 or support-intents@champion";
    assertEquals("'support-intents'" + expected, refusal("support-intents"));
    assertEquals("'@3'" + expected, refusal("@3"));
    assertEquals("'support-intents@'" + expected, refusal("support-intents@"));
    assertEquals(
        "'support-intents@0': versions count from 1; expected 1 or more",
        refusal("support-intents@0"));
  }

  @Test
  void aNameThatWouldLeaveItsFolderIsRefused() {
    String expected =
        " cannot be used; expected 2 to 64 of a-z, 0-9, dot, dash and underscore, starting with a"
            + " letter and ending with a letter or digit";
    assertEquals("adapter name '../etc'" + expected, refusal("../etc@1"));
    assertEquals("adapter name 'Support Intents'" + expected, refusal("Support Intents@1"));
    assertEquals("alias 'a@b'" + expected, refusal("support@a@b"));
  }

  private static String refusal(String written) {
    AdapterworksException error =
        assertThrows(AdapterworksException.class, () -> AdapterRef.parse(written));
    assertEquals(ErrorCode.USAGE, error.code());
    return error.getMessage();
  }
}
