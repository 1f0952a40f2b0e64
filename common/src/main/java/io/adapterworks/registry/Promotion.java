package io.adapterworks.registry;

import java.util.List;
import java.util.OptionalInt;

/** What asking for the alias {@code champion} came to. */
public sealed interface Promotion {
  /** The alias points at {@code version} now. */
  record Promoted(int version, OptionalInt previous) implements Promotion {}

  /** The alias pointed at {@code version} already; nothing was written. */
  record AlreadyChampion(int version) implements Promotion {}

  /** The alias stays where it is. */
  record Refused(List<String> reasons) implements Promotion {
    public Refused {
      reasons = List.copyOf(reasons);
    }
  }
}
