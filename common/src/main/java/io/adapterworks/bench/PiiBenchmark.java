package io.adapterworks.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.adapterworks.curate.pii.PiiConfig;
import io.adapterworks.curate.pii.PiiMasker;
import io.adapterworks.curate.pii.PiiSpan;
import io.adapterworks.curate.pii.PiiType;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Finds personal data in a file of texts with gold spans, in the form that presidio-research
 * writes, and compares character by character. A character counts as found where the same type was
 * found there. Places and titles of persons are neither asked for nor held against an address or a
 * name that takes them in.
 */
public final class PiiBenchmark {
  private static final Map<String, PiiType> GOLD =
      Map.ofEntries(
          Map.entry("EMAIL_ADDRESS", PiiType.EMAIL),
          Map.entry("DOMAIN_NAME", PiiType.URL),
          Map.entry("URL", PiiType.URL),
          Map.entry("IBAN_CODE", PiiType.IBAN),
          Map.entry("IBAN", PiiType.IBAN),
          Map.entry("CREDIT_CARD", PiiType.CARD),
          Map.entry("IP_ADDRESS", PiiType.IP),
          Map.entry("MAC_ADDRESS", PiiType.MAC),
          Map.entry("CRYPTO", PiiType.CRYPTO),
          Map.entry("US_SSN", PiiType.NATIONAL_ID),
          Map.entry("US_ITIN", PiiType.NATIONAL_ID),
          Map.entry("US_PASSPORT", PiiType.NATIONAL_ID),
          Map.entry("UK_NHS", PiiType.NATIONAL_ID),
          Map.entry("UK_NINO", PiiType.NATIONAL_ID),
          Map.entry("ES_NIF", PiiType.NATIONAL_ID),
          Map.entry("IT_FISCAL_CODE", PiiType.NATIONAL_ID),
          Map.entry("US_DRIVER_LICENSE", PiiType.NATIONAL_ID),
          Map.entry("PHONE_NUMBER", PiiType.PHONE),
          Map.entry("ADDRESS", PiiType.ADDRESS),
          Map.entry("STREET_ADDRESS", PiiType.ADDRESS),
          Map.entry("PERSON", PiiType.NAME));

  private static final Map<String, PiiType> NEUTRAL =
      Map.of(
          "LOCATION", PiiType.ADDRESS,
          "GPE", PiiType.ADDRESS,
          "ZIP_CODE", PiiType.ADDRESS,
          "PREFIX", PiiType.NAME,
          "TITLE", PiiType.NAME,
          "DATE_TIME", PiiType.DATE_OF_BIRTH);

  private final PiiMasker masker;
  private final Set<PiiType> types;

  public PiiBenchmark(PiiConfig config) {
    this.masker = new PiiMasker(config);
    this.types = EnumSet.copyOf(config.types());
  }

  /**
   * Characters of one type.
   *
   * @param spans gold spans
   * @param examples places where a gold span was missed or something else was found
   */
  public record Score(
      PiiType type,
      long spans,
      double recall,
      double precision,
      double f2,
      List<String> examples) {}

  /** Scores of every type that the file has or that was found in it. */
  public List<Score> run(Path data, int examples) {
    Map<PiiType, Tally> tallies = new EnumMap<>(PiiType.class);
    for (PiiType type : types) {
      tallies.put(type, new Tally(examples));
    }
    for (JsonNode row : read(data)) {
      compare(row, tallies);
    }
    List<Score> scores = new ArrayList<>();
    tallies.forEach((type, tally) -> scores.add(tally.score(type)));
    return scores.stream().filter(s -> s.spans() > 0 || s.precision() < 1).toList();
  }

  private static JsonNode read(Path data) {
    try {
      JsonNode rows = new ObjectMapper().readTree(data.toFile());
      Check.that(
          rows.isArray() && rows.path(0).has("full_text") && rows.path(0).has("spans"),
          ErrorCode.INPUT,
          "%s is not a set of spans; expected a JSON array of objects with full_text and spans",
          data);
      return rows;
    } catch (IOException failure) {
      throw Check.failure(ErrorCode.INPUT, "%s cannot be read: %s", data, failure.getMessage());
    }
  }

  private void compare(JsonNode row, Map<PiiType, Tally> tallies) {
    String text = row.get("full_text").asText();
    Map<PiiType, BitSet> gold = new EnumMap<>(PiiType.class);
    Map<PiiType, BitSet> neutral = new EnumMap<>(PiiType.class);
    Map<PiiType, BitSet> found = new EnumMap<>(PiiType.class);
    for (JsonNode span : row.get("spans")) {
      String entity = span.get("entity_type").asText();
      int start = span.get("start_position").asInt();
      int end = span.get("end_position").asInt();
      if (tallies.containsKey(GOLD.get(entity))) {
        tallies.get(GOLD.get(entity)).spans++;
        mark(gold, GOLD.get(entity), start, end);
      } else if (NEUTRAL.containsKey(entity)) {
        mark(neutral, NEUTRAL.get(entity), start, end);
      }
    }
    for (PiiSpan span : masker.find(text)) {
      mark(found, span.type(), span.start(), span.end());
    }
    tallies.forEach(
        (type, tally) ->
            tally.add(
                text,
                gold.getOrDefault(type, new BitSet()),
                neutral.getOrDefault(type, new BitSet()),
                found.getOrDefault(type, new BitSet())));
  }

  private static void mark(Map<PiiType, BitSet> bits, PiiType type, int start, int end) {
    bits.computeIfAbsent(type, any -> new BitSet()).set(start, end);
  }

  private static final class Tally {
    private final int mostExamples;
    private final List<String> examples = new ArrayList<>();
    private long spans;
    private long wanted;
    private long right;
    private long wrong;

    Tally(int mostExamples) {
      this.mostExamples = mostExamples;
    }

    void add(String text, BitSet gold, BitSet neutral, BitSet found) {
      BitSet missed = copy(gold);
      missed.andNot(found);
      BitSet extra = copy(found);
      extra.andNot(gold);
      extra.andNot(neutral);
      wanted += gold.cardinality();
      right += gold.cardinality() - missed.cardinality();
      // What lies between two words of a span is no error.
      wrong += extra.stream().filter(i -> Character.isLetterOrDigit(text.charAt(i))).count();
      if (!missed.isEmpty()) {
        note("missed", text, missed);
      }
      if (extra.cardinality() > 2) {
        note("extra", text, extra);
      }
    }

    private void note(String what, String text, BitSet where) {
      if (examples.size() < mostExamples) {
        int start = where.nextSetBit(0);
        int end = where.nextClearBit(start);
        examples.add(
            what
                + ": "
                + text.substring(Math.max(0, start - 40), start).replace('\n', '|')
                + "{{"
                + text.substring(start, end).replace('\n', '|')
                + "}}"
                + text.substring(end, Math.min(text.length(), end + 20)).replace('\n', '|'));
      }
    }

    Score score(PiiType type) {
      double recall = wanted == 0 ? 1 : (double) right / wanted;
      double precision = right + wrong == 0 ? 1 : (double) right / (right + wrong);
      double f2 = recall + precision == 0 ? 0 : 5 * recall * precision / (4 * precision + recall);
      return new Score(type, spans, recall, precision, f2, List.copyOf(examples));
    }

    private static BitSet copy(BitSet bits) {
      return (BitSet) bits.clone();
    }
  }
}
