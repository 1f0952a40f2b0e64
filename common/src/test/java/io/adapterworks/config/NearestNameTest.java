package io.adapterworks.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class NearestNameTest {
  private static final List<String> LABELS = List.of("card_arrival", "card_linking", "pin_blocked");

  @Test
  void theOneOfFewestEditsIsMeant() {
    assertEquals(Optional.of("card_arrival"), NearestName.to("Card_Arival", LABELS));
    assertEquals("; did you mean pin_blocked?", NearestName.question("", "pinblocked", LABELS));
    assertEquals(
        "; did you mean lora.rank?", NearestName.question("lora.", "rnak", List.of("rank")));
  }

  @Test
  void whereNothingIsNearNothingIsAsked() {
    assertEquals(Optional.empty(), NearestName.to("exchange_rate", LABELS));
    assertEquals(".", NearestName.question("", "x", LABELS));
    assertEquals(".", NearestName.question("", "anything", List.of()));
  }
}
