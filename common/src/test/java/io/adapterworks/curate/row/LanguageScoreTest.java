package io.adapterworks.curate.row;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.ErrorCode;
import org.junit.jupiter.api.Test;

class LanguageScoreTest {
  private static final String NORWEGIAN =
      "Jeg vil gjerne vite hvor pakken min er blitt av, den skulle ha kommet i forrige uke.";
  private static final String CHINESE = "你好，我的包裹还没有到，请问它现在在哪里，谢谢你的帮助。";

  @Test
  void languagesThatTheDetectorTellsApartCountTogether() {
    assertTrue(new LanguageScore("no").of(NORWEGIAN) > 0.5);
    assertTrue(new LanguageScore("zh").of(CHINESE) > 0.5);
    assertTrue(new LanguageScore("de").of(NORWEGIAN) < 0.5);
    assertTrue(new LanguageScore("zh").of(NORWEGIAN) < 0.5);
  }

  @Test
  void aLanguageThatTheDetectorDoesNotKnowIsRefused() {
    AdapterworksException refused =
        assertThrows(AdapterworksException.class, () -> new LanguageScore("am"));
    assertEquals(ErrorCode.CONFIGURATION, refused.code());
    assertEquals(
        "curation.language.expected=am is no language that can be told from others; set it to any",
        refused.getMessage());
  }
}
