package io.adapterworks.curate.pii;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * Replaces personal data by placeholders such as {@code [EMAIL_1]}. The same value has the same
 * number throughout one row. Where two kinds overlap, the one that is looked for first wins.
 */
public final class PiiMasker {
  private final Map<PiiType, PiiDetector> detectors = new EnumMap<>(PiiType.class);

  public PiiMasker(PiiConfig config) {
    for (PiiType type : config.types()) {
      detectors.put(type, detector(type, config));
    }
  }

  private static PiiDetector detector(PiiType type, PiiConfig config) {
    return switch (type) {
      case EMAIL -> NetworkDetectors.email();
      case URL -> NetworkDetectors.url();
      case IBAN -> NumberDetectors.iban();
      case CARD -> NumberDetectors.card();
      case CRYPTO -> NetworkDetectors.crypto();
      case SECRET -> NetworkDetectors.secret();
      case MAC -> NetworkDetectors.mac();
      case IP -> NetworkDetectors.ip();
      case NATIONAL_ID -> NumberDetectors.nationalId();
      case DATE_OF_BIRTH -> new BirthDateDetector();
      case PHONE -> new PhoneDetector(config.phoneRegions());
      case ADDRESS -> new AddressDetector();
      case NAME -> new NameDetector(Names.SHARED);
    };
  }

  /** The pieces of personal data in {@code text}, by position, none overlapping another. */
  public List<PiiSpan> find(String text) {
    List<PiiSpan> taken = new ArrayList<>();
    for (PiiDetector detector : detectors.values()) {
      for (PiiSpan span : detector.find(text)) {
        if (taken.stream().noneMatch(span::overlaps)) {
          taken.add(span);
        }
      }
    }
    taken.sort(Comparator.comparingInt(PiiSpan::start));
    return taken;
  }

  /** A fresh numbering, for the texts of one row. */
  public RowMask startRow() {
    return new RowMask();
  }

  /** Masks the texts of one row, numbering each value of a kind in the order of its first use. */
  public final class RowMask {
    private final Map<PiiType, Map<String, Integer>> numbers = new EnumMap<>(PiiType.class);
    private final Persons persons = new Persons();
    private final Map<String, Integer> counts = new TreeMap<>();

    private RowMask() {}

    public String mask(String text) {
      List<PiiSpan> spans = find(text);
      if (spans.isEmpty()) {
        return text;
      }
      StringBuilder masked = new StringBuilder();
      int from = 0;
      for (PiiSpan span : spans) {
        masked.append(text, from, span.start());
        String value = text.substring(span.start(), span.end());
        masked.append('[').append(span.type()).append('_').append(number(span.type(), value));
        masked.append(']');
        counts.merge(span.type().name(), 1, Integer::sum);
        from = span.end();
      }
      return masked.append(text, from, text.length()).toString();
    }

    /** How many pieces were masked so far, by kind. */
    public Map<String, Integer> counts() {
      return new TreeMap<>(counts);
    }

    private int number(PiiType type, String value) {
      if (type == PiiType.NAME) {
        return persons.number(value);
      }
      String key = value.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}@.]", "");
      Map<String, Integer> known = numbers.computeIfAbsent(type, any -> new HashMap<>());
      return known.computeIfAbsent(key, any -> known.size() + 1);
    }
  }

  /** The name lists, read once a process. */
  private static final class Names {
    private static final PersonNames SHARED = PersonNames.load();
  }
}
