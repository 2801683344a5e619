# Test programs about what only Linux has, as FOLDER/NAME: the preset mingw leaves them out.
set(LINUX_ONLY
  agent/ahead agent/canary agent/clocks agent/config agent/dear agent/loop agent/metrics agent/polled agent/pressure agent/request agent/route
  sensor/boot sensor/bpf_info sensor/bpf_iter sensor/btf sensor/bus sensor/certificate
  sensor/container sensor/cron sensor/crontab sensor/file_acl sensor/file_caps sensor/file_flags
  sensor/file_kept sensor/file_points sensor/file_verity sensor/file_xattr sensor/firewall
  sensor/hidden sensor/host sensor/module sensor/mount sensor/package_dpkg sensor/package_other
  sensor/package_renew sensor/package_rpm sensor/pam_rule sensor/port sensor/port_parse
  sensor/process sensor/process_host sensor/process_text sensor/service sensor/ssh_key
  sensor/sudo_rule sensor/sysctl sensor/unit_file sensor/user
  store/baseline store/fault store/share store/store
  unit/guard unit/in_root unit/ldcache unit/mounts unit/names unit/policy_files unit/ring unit/standing
  unit/look_parts unit/windows_records
  watch/fan_event watch/files watch/files_names watch/files_room watch/files_told watch/kinds_live
  watch/kinds_parse watch/kinds_sources
  watch/linked watch/mount_map watch/pending watch/process_table watch/who
)
