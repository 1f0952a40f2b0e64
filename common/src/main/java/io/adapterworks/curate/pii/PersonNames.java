package io.adapterworks.curate.pii;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.datafaker.Faker;

/**
 * First and last names of many countries, lower case. The lists are Datafaker's, read as data from
 * its jar: a maintained source of some 50,000 names under the Apache licence.
 */
final class PersonNames {
  private static final List<String> FILES =
      List.of(
          ("/en/name.yml /en-GB.yml /en-AU.yml /en-CA.yml /en-IN.yml /en-NG.yml /en-PAK.yml"
                  + " /en-NZ.yml /en-SG.yml /en-UG.yml /en-US.yml /en-ZA.yml /en-PH.yml /de.yml"
                  + " /de-AT.yml /de-CH.yml /fr.yml /fr-CA.yml /fr-CH.yml /es.yml /es-MX.yml"
                  + " /es-AR.yml /it.yml /pt.yml /pt-BR.yml /nl.yml /nl-BE.yml /pl.yml /cs-CZ.yml"
                  + " /cs.yml /sk.yml /hu.yml /hr.yml /da-DK.yml /sv.yml /sv-SE.yml /nb-NO.yml"
                  + " /no-NO.yml /fi-FI.yml /et.yml /lv.yml /tr.yml /id.yml /id-ID.yml /vi.yml"
                  + " /sq.yml /ca.yml")
              .split(" "));

  private static final Pattern KEY = Pattern.compile("\\s*(\\w+)\\s*:\\s*(.*)");
  private static final Pattern FIRST =
      Pattern.compile("(male_|female_|neutral_)?(middle_|first_|given_)names?|firstname");
  private static final Pattern LAST = Pattern.compile("(\\w+_)?(last_|sur)names?(_\\w+)?|lastname");

  private final Set<String> first;
  private final Set<String> last;

  private PersonNames(Set<String> first, Set<String> last) {
    this.first = Set.copyOf(first);
    this.last = Set.copyOf(last);
  }

  /** Reads every list once; about a second. */
  static PersonNames load() {
    Set<String> first = new HashSet<>();
    Set<String> last = new HashSet<>();
    int read = 0;
    for (String file : FILES) {
      try (InputStream names = Faker.class.getResourceAsStream(file)) {
        if (names != null) {
          scan(
              new BufferedReader(new InputStreamReader(names, StandardCharsets.UTF_8)),
              first,
              last);
          read++;
        }
      } catch (IOException failure) {
        throw Check.failure(ErrorCode.INPUT, "the name list %s cannot be read: %s", file, failure);
      }
    }
    Check.that(
        read > FILES.size() / 2,
        ErrorCode.INPUT,
        "only %d of %d name lists are on the class path; check the version of datafaker",
        read,
        FILES.size());
    return new PersonNames(first, last);
  }

  boolean isFirst(String lowerCase) {
    return first.contains(lowerCase);
  }

  boolean isLast(String lowerCase) {
    return last.contains(lowerCase);
  }

  /**
   * Reads the YAML lists under the keys of names: {@code key: [a, b]} or one {@code - a} a line.
   */
  private static void scan(BufferedReader yaml, Set<String> first, Set<String> last)
      throws IOException {
    Set<String> target = null;
    for (String line = yaml.readLine(); line != null; line = yaml.readLine()) {
      Matcher key = KEY.matcher(line);
      String values = line;
      if (key.matches()) {
        String name = key.group(1);
        target = FIRST.matcher(name).matches() ? first : LAST.matcher(name).matches() ? last : null;
        values = key.group(2);
      }
      if (target != null) {
        collect(values, target);
      }
    }
  }

  private static void collect(String values, Set<String> target) {
    for (String value : values.replaceAll("^\\s*-\\s|[\\[\\]\"']", "").split(",", -1)) {
      String name = value.strip().toLowerCase(Locale.ROOT);
      boolean plain =
          name.length() > 1 && name.chars().allMatch(c -> Character.isLetter(c) || c == '-');
      if (plain) {
        target.add(name);
      }
    }
  }
}
