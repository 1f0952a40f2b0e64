package io.adapterworks.curate.pii;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Numbers the persons of one row. "Harriet", "Mrs Collingwood" and "Harriet Collingwood" are one
 * person, Harriet Jones is another: two names are of one person where one has every part of the
 * other.
 */
final class Persons {
  private static final Pattern TITLE = Patterns.anyCase("^(?:mr|mrs|ms|miss|mx|dr|prof)\\.? ");

  private final List<Set<String>> persons = new ArrayList<>();

  /** The number of the person of this name, from 1, in the order of first mention. */
  int number(String name) {
    String bare = TITLE.matcher(name).replaceFirst("").toLowerCase(Locale.ROOT);
    Set<String> parts = new HashSet<>(Arrays.asList(bare.split("[\\s.]+", -1)));
    parts.remove("");
    for (int i = 0; i < persons.size(); i++) {
      Set<String> known = persons.get(i);
      if (known.containsAll(parts) || parts.containsAll(known)) {
        known.addAll(parts);
        return i + 1;
      }
    }
    persons.add(parts);
    return persons.size();
  }
}
