package io.adapterworks.curate.source;

import java.io.Serializable;

/**
 * One file of an input as it was found.
 *
 * @param path where it lies, with its scheme
 * @param source its name relative to the folder of its input
 * @param bytes its size
 * @param modified when it was last modified, in ms since 1970
 */
public record InputFile(String path, String source, InputFormat format, long bytes, long modified)
    implements Serializable {}
