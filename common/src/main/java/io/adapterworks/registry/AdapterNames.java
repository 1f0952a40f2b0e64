package io.adapterworks.registry;

import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.util.regex.Pattern;

/** What an adapter or an alias may be called: a name is a folder and part of a reference. */
public final class AdapterNames {
  private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9._-]{0,62}[a-z0-9]");

  private AdapterNames() {}

  /** {@code what} says which name it is, such as "adapter name". */
  public static String require(String what, String name, ErrorCode code) {
    Check.that(
        NAME.matcher(name).matches(),
        code,
        "%s '%s' cannot be used; expected 2 to 64 of a-z, 0-9, dot, dash and underscore, starting"
            + " with a letter and ending with a letter or digit",
        what,
        name);
    return name;
  }
}
