# Run by cpack over the installed tree, before it becomes a package: what only a Debian package has.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(doc ${root}/usr/share/doc/ruad)

file(MAKE_DIRECTORY ${root}/etc/ruad)
file(COPY_FILE ${CPACK_RUAD_PACKAGING}/ruad.conf ${root}/etc/ruad/ruad.conf)
file(COPY_FILE ${CPACK_RUAD_PACKAGING}/debian/copyright ${doc}/copyright)
file(COPY_FILE ${CPACK_RUAD_PACKAGING}/debian/changelog ${doc}/changelog.Debian)
file(MAKE_DIRECTORY ${root}/usr/share/lintian/overrides)
file(COPY_FILE ${CPACK_RUAD_PACKAGING}/debian/lintian-overrides ${root}/usr/share/lintian/overrides/ruad)
file(REMOVE ${doc}/LICENSE)
file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)

# The units were made for the prefix of the build.
file(GLOB units ${root}/usr/lib/systemd/system/*.service)
execute_process(COMMAND sed -i "s,^ExecStart=[^ ]*/ruad ,ExecStart=/usr/bin/ruad ," ${units} COMMAND_ERROR_IS_FATAL ANY)

# -n: no time in the file, so that the same source gives the same package.
file(GLOB pages ${root}/usr/share/man/man*/*)
execute_process(COMMAND gzip -9 -n -f ${doc}/changelog ${doc}/changelog.Debian ${pages} COMMAND_ERROR_IS_FATAL ANY)
# Not the umask of whoever builds.
execute_process(COMMAND chmod -R u=rwX,go=rX ${root} COMMAND_ERROR_IS_FATAL ANY)
