package io.adapterworks.curate;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.adapterworks.config.ConfigReader;
import io.adapterworks.config.Settings;

/** The curation settings as reference.conf gives them. */
public final class TestCuration {
  private TestCuration() {}

  public static CurationConfig defaults() {
    Config reference =
        ConfigFactory.parseResources(Settings.class.getClassLoader(), "reference.conf").resolve();
    return ConfigReader.read(reference, "curation", CurationConfig.class);
  }
}
