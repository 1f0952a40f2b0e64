package io.adapterworks.curate.pii;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.adapterworks.SharedFolder;
import io.adapterworks.bench.PiiBenchmark;
import io.adapterworks.bench.PiiBenchmark.Score;
import io.adapterworks.curate.TestCuration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PiiMaskerTest {
  private final PiiMasker masker = new PiiMasker(TestCuration.defaults().pii());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "write to o'hara+x@mail.example.org. | write to [EMAIL_1].",
        "see https://a.example/x?token=1 now | see [URL_1] now",
        "card 4111-1111-1111-1111 please | card [CARD_1] please",
        "card 4111-1111-1111-1112 please | card 4111-1111-1111-1112 please",
        "iban GB29 NWBK 6016 1331 9268 19. | iban [IBAN_1].",
        "iban GB29 NWBK 6016 1331 9268 18. | iban GB29 NWBK 6016 1331 9268 18.",
        "from 203.0.113.57, at 10:15:30 | from [IP_1], at 10:15:30",
        "from 2001:db8::ff00:42:8329 today | from [IP_1] today",
        "box 00:1B:44:11:3A:B7 is down | box [MAC_1] is down",
        "my ssn is 123-45-6789 ok | my ssn is [NATIONAL_ID_1] ok",
        "pay 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2 now | pay [CRYPTO_1] now",
        "pay 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3 now | pay 1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3 now",
        "key AKIAIOSFODNN7EXAMPLE leaked | key [SECRET_1] leaked",
        "my password is hunter2horse! | my password is [SECRET_1]!",
        "ring +44 7400 123456 or 07400 123456 | ring [PHONE_1] or [PHONE_2]",
        "I paid 1200 on 12/03/2024 for 2 rooms | I paid 1200 on 12/03/2024 for 2 rooms",
        "born 14/03/1947, joined 02/05/2020 ago and more | born [DATE_OF_BIRTH_1], joined"
            + " 02/05/2020 ago and more",
        "I live at Flat 5, 88 Quarry Lane, Bristol BS5 7QT now | I live at [ADDRESS_1] now",
        "Send it to 27 rue des Cordeliers, 69002 Lyon. | Send it to [ADDRESS_1].",
        "My name is Harriet Collingwood and Harriet pays | My name is [NAME_1] and [NAME_1] pays",
        "i live at 14 quarry lane and my card arrived in 3 days | i live at [ADDRESS_1] and my card"
            + " arrived in 3 days",
        "it was sent to 2 other people on 5 roads | it was sent to 2 other people on 5 roads",
        "please return to 45 Kolmas Linja 7, thanks | please return to [ADDRESS_1], thanks",
        "My zip code is 50411. | My zip code is [ADDRESS_1].",
        "Meet me at the corner of Mill Lane and Park Street today | Meet me at [ADDRESS_1] today",
        "Hi Zorvana, your card is ready | Hi [NAME_1], your card is ready",
        "Hi there, my card is blocked | Hi there, my card is blocked",
        "Zorvana shouted at me | [NAME_1] shouted at me",
        "Somebody told me that Cash was free | Somebody told me that Cash was free",
        "a film starring Zorvana | a film starring [NAME_1]",
        "maestro 501849270399 please | maestro [CARD_1] please",
        "see shopmore.co.uk/a?b=1. And Node.js | see [URL_1]. And Node.js",
        "codice RSSMRA85T10A562S ok | codice [NATIONAL_ID_1] ok",
        "codice RSSMRA85T10A562T ok | codice RSSMRA85T10A562T ok",
        "cpf 111.444.777-35 ok | cpf [NATIONAL_ID_1] ok",
        "cpf 111.444.777-36 ok | cpf 111.444.777-36 ok",
        "hetu 131052-308T ok | hetu [NATIONAL_ID_1] ok",
        "nr 811218-9876 ok | nr [NATIONAL_ID_1] ok",
      })
  void eachKindIsMaskedAndItsLookalikesStay(String text, String expected) {
    assertEquals(expected, masker.startRow().mask(text));
  }

  @Test
  void aRowNumbersValuesInTheOrderOfTheirFirstUse() {
    PiiMasker.RowMask row = masker.startRow();

    assertEquals(
        "[EMAIL_1] and [EMAIL_2], again [EMAIL_1]",
        row.mask("a@x.example and b@x.example, again A@x.example"));
    assertEquals("reply to [EMAIL_2]", row.mask("reply to b@x.example"));
    assertEquals(Map.of("EMAIL", 4), row.counts());
  }

  @Test
  void aPersonHasOneNumberHoweverTheNameIsGiven() {
    PiiMasker.RowMask row = masker.startRow();
    assertEquals(
        "My name is [NAME_1], her name is [NAME_2]",
        row.mask("My name is Harriet Collingwood, her name is Harriet Jones"));
    assertEquals("ask for [NAME_1]", row.mask("ask for Mrs Collingwood"));
    assertEquals("My name is [NAME_2]", row.mask("My name is Jones"));
  }

  /** The bounds of the project's goals, on sentences that were not made by it. */
  @ParameterizedTest
  @CsvSource({"generated_large.json,9", "generated_small.json,8"})
  void presidiosSentencesAreMaskedAsWellAsAsked(String file, int types) {
    Set<PiiType> exact =
        EnumSet.of(
            PiiType.EMAIL,
            PiiType.CARD,
            PiiType.IBAN,
            PiiType.PHONE,
            PiiType.IP,
            PiiType.URL,
            PiiType.NATIONAL_ID);
    List<Score> scores =
        new PiiBenchmark(TestCuration.defaults().pii())
            .run(SharedFolder.require("data/presidio/" + file), 0);

    assertEquals(types, scores.stream().filter(score -> score.spans() > 0).count());
    for (Score score : scores) {
      if (exact.contains(score.type())) {
        assertTrue(score.recall() >= 0.97 && score.precision() >= 0.95, score::toString);
      } else if (score.spans() > 0) {
        assertTrue(score.f2() >= 0.80, score::toString);
      }
    }
  }
}
