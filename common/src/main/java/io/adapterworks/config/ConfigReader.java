package io.adapterworks.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import io.adapterworks.error.AdapterworksException;
import io.adapterworks.error.Check;
import io.adapterworks.error.ErrorCode;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Reads HOCON into records: a component {@code targetModules} takes the key {@code targetModules}.
 * Every key must be known and every component present, unless it is an {@link Optional}. Components
 * are text, numbers, booleans, {@link Duration}, {@link Path}, enums (in lower-case words joined by
 * dashes), records, lists and maps of these.
 */
public final class ConfigReader {
  private ConfigReader() {}

  /**
   * The record at {@code path} of {@code config}.
   *
   * @throws AdapterworksException CONFIGURATION, naming the file, line and key
   */
  public static <R extends Record> R read(Config config, String path, Class<R> type) {
    Check.that(
        config.hasPath(path),
        ErrorCode.CONFIGURATION,
        "the section %s is missing; expected it beside %s",
        path,
        config.root().keySet().stream().sorted().toList());
    return type.cast(record(config.getValue(path), path, type));
  }

  /** The record that the whole of {@code config} describes. */
  public static <R extends Record> R read(Config config, Class<R> type) {
    return type.cast(record(config.root(), "", type));
  }

  /**
   * The text at {@code path}, which is there.
   *
   * @throws AdapterworksException CONFIGURATION where it is a section or a list
   */
  public static String text(Config config, String path) {
    return (String) scalar(config.getValue(path), path, String.class);
  }

  private static Object record(ConfigValue value, String path, Class<?> type) {
    if (!(value instanceof ConfigObject object)) {
      throw wrongType(value, path, "a section { … }");
    }
    RecordComponent[] components = type.getRecordComponents();
    TreeSet<String> known =
        Arrays.stream(components)
            .map(RecordComponent::getName)
            .collect(Collectors.toCollection(TreeSet::new));
    for (String key : new TreeSet<>(object.keySet())) {
      if (!known.contains(key)) {
        throw Check.failure(
            ErrorCode.CONFIGURATION,
            "%s: unknown key %s%s Known here: %s",
            origin(object.get(key)),
            join(path, key),
            NearestName.question(join(path, ""), key, known),
            String.join(", ", known));
      }
    }
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String name = components[i].getName();
      arguments[i] =
          component(object, object.get(name), join(path, name), components[i].getGenericType());
    }
    return construct(value, type, components, arguments);
  }

  private static Object component(ConfigObject parent, ConfigValue value, String path, Type type) {
    boolean absent = value == null || value.valueType() == ConfigValueType.NULL;
    if (type instanceof ParameterizedType generic && generic.getRawType() == Optional.class) {
      return absent
          ? Optional.empty()
          : Optional.of(convert(value, path, generic.getActualTypeArguments()[0]));
    }
    Check.that(
        !absent,
        ErrorCode.CONFIGURATION,
        "%s: %s is missing; add it to this section",
        origin(parent),
        path);
    return convert(value, path, type);
  }

  private static Object convert(ConfigValue value, String path, Type type) {
    if (type instanceof ParameterizedType generic) {
      Type[] arguments = generic.getActualTypeArguments();
      if (generic.getRawType() == List.class) {
        return list(value, path, arguments[0]);
      }
      if (generic.getRawType() == Map.class) {
        return map(value, path, arguments[1]);
      }
    }
    if (!(type instanceof Class<?> target)) {
      throw new IllegalArgumentException(path + " has a type that cannot be configured: " + type);
    }
    if (target.isRecord()) {
      return record(value, path, target);
    }
    if (target.isEnum()) {
      return constant(value, path, target);
    }
    return scalar(value, path, target);
  }

  private static List<Object> list(ConfigValue value, String path, Type element) {
    if (!(value instanceof com.typesafe.config.ConfigList values)) {
      throw wrongType(value, path, "a list [ … ]");
    }
    List<Object> converted = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      converted.add(convert(values.get(i), path + "[" + i + "]", element));
    }
    return List.copyOf(converted);
  }

  private static Map<String, Object> map(ConfigValue value, String path, Type element) {
    if (!(value instanceof ConfigObject object)) {
      throw wrongType(value, path, "a section { … }");
    }
    Map<String, Object> converted = new LinkedHashMap<>();
    for (String key : new TreeSet<>(object.keySet())) {
      converted.put(key, convert(object.get(key), join(path, key), element));
    }
    return converted;
  }

  private static Object constant(ConfigValue value, String path, Class<?> type) {
    Object[] constants = type.getEnumConstants();
    List<String> names = Arrays.stream(constants).map(c -> spelled((Enum<?>) c)).toList();
    int index = names.indexOf(String.valueOf(value.unwrapped()));
    if (index < 0) {
      throw Check.failure(
          ErrorCode.CONFIGURATION,
          "%s: %s=%s; expected one of %s",
          origin(value),
          path,
          value.unwrapped(),
          String.join(", ", names));
    }
    return constants[index];
  }

  /**
   * How an enum constant is written in a configuration file: {@code NEAR_DUPLICATE},
   * near-duplicate.
   */
  public static String spelled(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Object scalar(ConfigValue value, String path, Class<?> type) {
    Config holder = value.atKey("v");
    try {
      boolean whole = List.of(int.class, Integer.class, long.class, Long.class).contains(type);
      if (whole && holder.getDouble("v") != Math.rint(holder.getDouble("v"))) {
        throw new ConfigException.BadValue(value.origin(), path, "has a fraction");
      }
      if (type == Duration.class && value.valueType() == ConfigValueType.NUMBER) {
        throw new ConfigException.BadValue(value.origin(), path, "has no unit");
      }
      if (type == String.class) {
        return holder.getString("v");
      } else if (type == int.class || type == Integer.class) {
        return holder.getInt("v");
      } else if (type == long.class || type == Long.class) {
        return holder.getLong("v");
      } else if (type == double.class || type == Double.class) {
        return holder.getDouble("v");
      } else if (type == float.class || type == Float.class) {
        return (float) holder.getDouble("v");
      } else if (type == boolean.class || type == Boolean.class) {
        return holder.getBoolean("v");
      } else if (type == Duration.class) {
        return holder.getDuration("v");
      } else if (type == Path.class) {
        return Path.of(holder.getString("v"));
      }
    } catch (ConfigException e) {
      throw new AdapterworksException(
          ErrorCode.CONFIGURATION,
          String.format(
              Locale.ROOT,
              "%s: %s=%s; expected a value of type %s",
              origin(value),
              path,
              value.render(ConfigRenderOptions.concise()),
              kind(type)),
          e);
    }
    throw new IllegalArgumentException(path + " has a type that cannot be configured: " + type);
  }

  private static String kind(Class<?> type) {
    return type == Duration.class
        ? "duration, such as 5 minutes"
        : type.getSimpleName().toLowerCase(Locale.ROOT);
  }

  private static Object construct(
      ConfigValue value, Class<?> type, RecordComponent[] components, Object[] arguments) {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof AdapterworksException refused) {
        throw new AdapterworksException(
            refused.code(), origin(value) + ": " + refused.getMessage(), refused);
      }
      throw new IllegalStateException("cannot make " + type.getName(), e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot make " + type.getName(), e);
    }
  }

  private static AdapterworksException wrongType(ConfigValue value, String path, String expected) {
    return Check.failure(
        ErrorCode.CONFIGURATION,
        "%s: %s=%s; expected %s",
        origin(value),
        path,
        value.unwrapped(),
        expected);
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** The file and line of a value, or the {@code --set} that gave it. */
  private static String origin(ConfigValue value) {
    String description = value.origin().description();
    if (description.startsWith("--set ")) {
      return description.replaceFirst(": \\d+$", "");
    }
    String file = value.origin().filename();
    String resource = value.origin().resource();
    String place = file != null ? file : resource != null ? resource : "configuration";
    int line = value.origin().lineNumber();
    return line > 0 ? place + ":" + line : place;
  }
}
